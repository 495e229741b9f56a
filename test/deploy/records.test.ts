import { Kubectl, type KubeObject, type Outcome } from "../../lib/deploy/kubectl";
import { describeRecords, recordObject } from "../../lib/deploy/release/list";
import { draftOf, type ReleaseRecord } from "../../lib/deploy/release/record";
import { beginRecord, endRecord, readRecords, superfluous } from "../../lib/deploy/release/records";
import { chooseTarget, schemaProblems, straysOf } from "../../lib/deploy/release/rollback-plan";

type Stored = KubeObject & { metadata: { annotations: Record<string, string> } };

/** Keeps ConfigMaps, as the API server does. */
class Store extends Kubectl {
  readonly objects = new Map<string, Stored>();
  /** Called before each creation. */
  meanwhile = () => {};

  constructor() {
    super({});
  }

  override async try(args: readonly string[], { input = "" } = {}): Promise<Outcome> {
    const [command, ...rest] = args;
    if (command === "get") return ok(JSON.stringify({ items: [...this.objects.values()] }));
    if (command === "create") return this.create(JSON.parse(input) as Stored);
    if (command === "delete") for (const name of rest) this.objects.delete(name.replace("configmap/", ""));
    if (command === "annotate") {
      const annotations = this.objects.get(rest[1] ?? "")?.metadata.annotations ?? {};
      for (const pair of rest.slice(2, -1)) annotations[pair.split("=")[0] ?? ""] = pair.replace(/^[^=]*=/, "");
    }
    return ok("");
  }

  create(object: Stored): Outcome {
    this.meanwhile();
    const { name } = object.metadata;
    if (this.objects.has(name))
      return { code: 1, stdout: "", stderr: `Error (AlreadyExists): configmaps "${name}" already exists` };
    this.objects.set(name, object);
    return ok("");
  }
}

const ok = (stdout: string): Outcome => ({ code: 0, stdout, stderr: "" });

const migrations = (version: number, contracts: readonly number[] = []) => ({
  version,
  required: version,
  contracts,
  digest: `m${version}`,
});

/** The draft of a release that is told by one object's name. */
const release = (name: string, version = 7, contracts: readonly number[] = []) =>
  draftOf(
    [
      {
        path: "dist/dev/0001-configuration.k8s.yaml",
        objects: [
          { kind: "Secret", metadata: { name: "postgres-secret" }, data: { password: "aHVudGVyMg==" } } as KubeObject,
          { apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
          { kind: "Deployment", metadata: { name: "data-svc" }, spec: { image: "diabrisk/data-svc:dev" } },
        ],
      },
    ],
    { version: "1.0.0", commit: "0123456789abcdef", dirty: false, migrations: migrations(version, contracts) },
  );

async function deployed(store: Store, draft: ReturnType<typeof release>): Promise<number> {
  const number = await beginRecord(draft, store);
  await endRecord(number, "deployed", store);
  return number;
}

describe("a record", () => {
  test("is read back as it was written, and holds no Secret", async () => {
    const store = new Store();
    await deployed(store, release("a"));
    const [record] = await readRecords(store);
    expect(record).toMatchObject({ number: 1, result: "deployed", ...release("a") });
    expect(record?.leftOut).toEqual(["secret/postgres-secret"]);
    expect(record?.images).toEqual(["diabrisk/data-svc:dev"]);
    const text = JSON.stringify([...store.objects.values()]) + JSON.stringify(record);
    expect(text).not.toMatch(/aHVudGVyMg|hunter2/);
    expect([...store.objects.values()][0]).toMatchObject({ immutable: true, metadata: { name: "release-1" } });
  });

  test("of a deployment that was killed says that it is deploying", async () => {
    const store = new Store();
    await beginRecord(release("a"), store);
    expect((await readRecords(store)).map(({ result, deployedAt }) => [result, deployedAt])).toEqual([
      ["deploying", undefined],
    ]);
  });

  test("takes the next number where another deployment was quicker", async () => {
    const store = new Store();
    let others = 2;
    store.meanwhile = () => {
      if (others > 0)
        store.objects.set(`release-${3 - others--}`, { kind: "ConfigMap", metadata: { name: "x", annotations: {} } });
    };
    expect(await beginRecord(release("a"), store)).toBe(3);
  });

  test("of the same manifests again is the same record, which stays one to go back to if that fails", async () => {
    const store = new Store();
    await deployed(store, release("a"));
    const number = await beginRecord(release("a"), store);
    await endRecord(number, "failed", store);
    const records = await readRecords(store);
    expect(records.map((record) => [record.number, record.result, record.deployedAt !== undefined])).toEqual([
      [1, "failed", true],
    ]);
    expect(describeRecords(records)[0]).toMatch(
      /^1 {2}failed, deployed before {2}\S+ {2}version 1\.0\.0, commit 012345678, schema 7$/,
    );
  });

  test("stays for ten releases", async () => {
    const store = new Store();
    for (let number = 1; number <= 13; number++) await deployed(store, release(`r${number}`));
    expect((await readRecords(store)).map(({ number }) => number)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  });

  test("of the last two successes stays after any number of failures", () => {
    const records = Array.from({ length: 14 }, (_, index) => record(14 - index, { deployed: index >= 11 }));
    expect(superfluous(records).map(({ number }) => number)).toEqual([4, 1]);
  });

  test("as JSON tells all but the manifests", async () => {
    const store = new Store();
    await deployed(store, release("a"));
    const [first] = (await readRecords(store)).map(recordObject);
    expect(first).toMatchObject({ number: 1, result: "deployed", objects: 2, commit: "0123456789abcdef" });
    expect(first).not.toHaveProperty("files");
  });
});

function record(number: number, { deployed = true, rollbackOf = 0, name = `r${number}` } = {}): ReleaseRecord {
  const at = "2026-11-30T08:00:00.000Z";
  return {
    ...release(name),
    number,
    at,
    result: deployed ? "deployed" : "failed",
    ...(deployed && { deployedAt: at }),
    ...(rollbackOf > 0 && { rollbackOf }),
  };
}

describe("the release to go back to", () => {
  test.each<[string, ReleaseRecord[], number]>([
    ["is the one before", [record(3), record(2), record(1)], 2],
    [
      "is the last one that was deployed, after failures",
      [record(4, { deployed: false }), record(3, { deployed: false }), record(2)],
      2,
    ],
    [
      "is before the one that a rollback deployed",
      [record(4, { rollbackOf: 2, name: "r2" }), record(3), record(2), record(1)],
      1,
    ],
    ["is no equal one", [record(3, { name: "a" }), record(2, { name: "a" }), record(1)], 1],
  ])("%s", (_, records, expected) => expect(chooseTarget(records).number).toBe(expected));

  test("can be named", () => expect(chooseTarget([record(3), record(2), record(1)], 1).number).toBe(1));

  test.each<[string, ReleaseRecord[], number | undefined, RegExp]>([
    ["without records", [], undefined, /no record of a release.*git switch --detach/s],
    ["beyond the oldest", [record(5)], undefined, /release-5 is the oldest release with a record/],
    ["unknown", [record(5)], 4, /no record of release 4\. .*: 5\./],
    ["that failed", [record(5), record(4, { deployed: false })], 4, /never deployed to its end.*Deployed: 5\./],
  ])("is refused: %s", (_, records, to, message) => expect(() => chooseTarget(records, to)).toThrow(message));
});

describe("the schema", () => {
  const target = record(1);
  const state = (...applied: number[]) => ({ version: Math.max(...applied), applied });

  test.each([
    ["of the release itself", state(6, 7), []],
    ["with newer migrations that it can live with", state(7, 8), [migrations(8)]],
    ["behind it, which its Job mends", state(6), []],
  ])("%s lets it run", (_, found, known) => expect(schemaProblems(target, found, known)).toEqual([]));

  test("with a contract migration since does not, and the way on is said", () => {
    expect(schemaProblems(target, state(7, 8, 9), [migrations(9, [9])])).toEqual([
      expect.stringMatching(
        /^Release 1 knows the schema up to migration 7, and 9, .*`-- contract`.*Mend the newer release/,
      ),
    ]);
  });

  test("with a contract migration that stopped half-way does not either", () => {
    expect(schemaProblems(target, { version: 8, applied: [7] }, [migrations(8, [8])])).toHaveLength(1);
  });

  test("with migrations that nobody here knows is refused", () => {
    expect(schemaProblems(target, state(7, 8), [migrations(7)])).toEqual([
      expect.stringMatching(/nothing here knows 8, .*from the checkout that has it/),
    ]);
  });
});

test("objects that only newer releases have are removed, unless they may hold data", () => {
  const volume = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "cache" } };
  const newer = record(2);
  const more = { ...newer, files: [...newer.files, { name: "x", objects: [volume] }] };
  expect(straysOf(record(1), [more])).toEqual({
    removed: ["configmap/r2"],
    kept: [`statefulset.apps/cache`.replace(".apps", "")],
  });
});
