import type { KubeObject } from "../../lib/deploy/kubectl";
import { goBack } from "../../lib/restore/back";
import { readPlan } from "../../lib/restore/plan";
import { restorePod } from "../../lib/restore/pod";
import { discard } from "../../lib/restore/prepare";
import { restore, resume } from "../../lib/restore/restore";
import { standing } from "../../lib/restore/standing";
import { dev } from "../../lib/stages/dev";
import type { Manifest } from "../support/manifests";
import { contentsOf, FakeCluster, Killed } from "./fake-cluster";

const ID = "000042-20261130T081500Z";
const dump = { bytes: 1, sha256: "0".repeat(64) };
const manifest = {
  ...{ format: 1 as const, id: ID, number: 42, stage: "dev", recipients: [] },
  ...{ startedAt: "2026-11-30T08:15:00Z", finishedAt: "2026-11-30T08:15:01Z", dump, encrypted: dump },
  ...contentsOf(100),
};
const image = { reference: "diabrisk/data-svc:dev", pullPolicy: "IfNotPresent" } as const;
const amounts = { cpu: "1", memory: "1Gi", ephemeralStorage: "1Gi" };
const policy = { kind: "NetworkPolicy", metadata: { name: "restore", labels: { app: "restore" } } };

/** A cluster with a live database of 150 rows. */
function cluster(): FakeCluster {
  const made = new FakeCluster({ id: ID, rows: 100 });
  const live = made.databases.get(made.live);
  if (live) live.rows = 150;
  return made;
}

interface Session {
  readonly said: string[];
  readonly asked: string[];
}

const options = (kubectl: FakeCluster, { said, asked }: Session, agree: (asked: string) => boolean = () => true) => ({
  ...{
    kubectl,
    stage: "dev",
    pollMilliseconds: 1,
    signal: AbortSignal.timeout(10_000),
    manifest,
    image,
    policy,
    target: "volume:/backups",
  },
  resources: { requests: amounts, limits: amounts },
  clients: dev.clients,
  keeps: dev.retention,
  ...{ scratch: { size: "1Gi" }, keys: { identity: "AGE-SECRET-KEY-1" }, backups: "postgres-backups" },
  say: (line: string) => void said.push(line),
  migrate: async () => void said.push("migrated"),
  async ask(text: string) {
    asked.push(text);
    return agree(text);
  },
});

const session = (): Session => ({ said: [], asked: [] });

/** As the command does: continues a confirmed plan, or begins. */
async function command(kubectl: FakeCluster, one: Session, agree?: (asked: string) => boolean): Promise<boolean> {
  const begun = await readPlan(kubectl);
  const given = options(kubectl, one, agree);
  return begun?.kind === "restore" ? await resume(begun, given) : await restore(given);
}

function expectRestored(kubectl: FakeCluster, old: string): void {
  expect(kubectl.live).not.toBe(old);
  expect(kubectl.databases.get(kubectl.live)).toMatchObject({ open: true });
  expect(kubectl.volume(kubectl.live).spec?.persistentVolumeReclaimPolicy).toBe("Delete");
  expect(kubectl.volume(old).spec?.persistentVolumeReclaimPolicy).toBe("Retain");
  expect(kubectl.volume(old).metadata.labels).toEqual({ "diabrisk.io/kept-for": "diabrisk" });
  expect(kubectl.objects.get("deployment/data-svc")?.spec?.replicas).toBe(2);
  expect(kubectl.objects.get("statefulset/postgres")?.spec?.replicas).toBe(1);
  const left = [...kubectl.objects.keys()].filter((name) => /restore/.test(name));
  expect(left).toEqual([]);
}

test("restores beside the live database, then swaps the volumes and keeps the old one", async () => {
  const [kubectl, one] = [cluster(), session()];
  const old = kubectl.live;
  await expect(command(kubectl, one)).resolves.toBe(true);
  expectRestored(kubectl, old);
  expect(kubectl.databases.get(kubectl.live)?.rows).toBe(100);
  expect(kubectl.databases.get(old)).toEqual({ rows: 150, open: false });
  expect(one.asked).toHaveLength(1);
  expect(one.asked[0]).toMatch(/public\.assessments +150 +row 150 +100 +row 100 +at least 50 rows/);
  expect(one.said).not.toContain("migrated");
  const why = kubectl.volume(old).metadata.annotations?.["diabrisk.io/kept-because"];
  expect(why).toMatch(/^Replaced by the restore of backup 000042-.* npm run restore -- dev --back\./);
});

test("the live database is untouched until the loss is confirmed, and after a refusal", async () => {
  const [kubectl, one] = [cluster(), session()];
  const old = kubectl.live;
  await expect(command(kubectl, one, () => false)).resolves.toBe(false);
  expect(kubectl.live).toBe(old);
  expect(kubectl.log.filter((line) => !/restore/.test(line))).toEqual([]);
  expect(await standing("dev", kubectl)).toMatch(/^The live database serves and was not touched\. Backup 000042/);
  await discard(options(kubectl, one));
  expect(await standing("dev", kubectl)).toBe("The live database serves, and nothing of a restore is left.");
});

test("rows that came in after the question are asked about again, once nobody can write", async () => {
  const [kubectl, one] = [cluster(), session()];
  kubectl.writes = 1;
  const old = kubectl.live;
  await command(kubectl, one);
  expect(one.asked).toHaveLength(2);
  const told = Number(/at least (\d+) rows/.exec(one.asked[1] ?? "")?.[1]);
  // Every acknowledged row is in the volume that is kept, and was told to be lost.
  const kept = kubectl.databases.get(old)?.rows ?? 0;
  expect(told).toBe(kept - 100);
  const since = (kubectl.databases.get(kubectl.live)?.rows ?? 0) - 100;
  expect(kubectl.acknowledged).toBe(kept - 150 + since);
});

test("a loss that grew and is refused lets everybody write again", async () => {
  const [kubectl, one] = [cluster(), session()];
  kubectl.writes = 1;
  const old = kubectl.live;
  await expect(command(kubectl, one, () => one.asked.length < 2)).resolves.toBe(false);
  expect(kubectl.live).toBe(old);
  expect(kubectl.databases.get(old)?.open).toBe(true);
  expect(kubectl.objects.get("deployment/data-svc")?.spec?.replicas).toBe(2);
  expect(await readPlan(kubectl)).toBeUndefined();
});

test("a live database that does not answer is said to be unknown, and replaced if a person wants that", async () => {
  const [kubectl, one] = [cluster(), session()];
  const old = kubectl.live;
  kubectl.broken = old;
  await expect(command(kubectl, one)).resolves.toBe(true);
  expect(one.asked[0]).toContain("The live database does not answer");
  expectRestored(kubectl, old);
});

test("a backup of an older schema is migrated before data-svc starts", async () => {
  const [kubectl, one] = [cluster(), session()];
  const older = { ...options(kubectl, one), manifest: { ...manifest, schema: { version: 6, migrations: [] } } };
  // The fake's contents have version 7, so the comparison would tell.
  await expect(restore(older)).rejects.toThrow(/schema version: 6 in the backup, 7 here/);
  expect(await standing("dev", kubectl)).toMatch(
    /data-svc is stopped until it is compared.* Undo: npm run restore -- dev --back/,
  );
});

/** Runs a command again and again, each time killed at the sixth change: the first ones are repeated in each run. */
async function killedAtEvery(kubectl: FakeCluster, after: boolean, run: () => Promise<boolean>): Promise<number> {
  for (let kills = 0; kills < 50; kills++) {
    kubectl.kill = { at: kubectl.changes + 6, after };
    try {
      await run();
      return kills;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    expect(await standing("dev", kubectl)).toMatch(/^(?:The live database serves|The restore of backup|The way back)/);
  }
  throw new Error("the command does not get on");
}

async function changesOf(run: (kubectl: FakeCluster) => Promise<unknown>): Promise<number> {
  const kubectl = cluster();
  await run(kubectl);
  return kubectl.changes;
}

describe.each([
  ["before", false],
  ["after", true],
])("killed %s a change", (_, after) => {
  test("each change in turn: the command continues and ends in the same place", async () => {
    const all = await changesOf((kubectl) => command(kubectl, session()));
    expect(all).toBeGreaterThan(15);
    for (let at = 1; at <= all; at++) {
      const [kubectl, one] = [cluster(), session()];
      const old = kubectl.live;
      kubectl.writes = 1;
      kubectl.kill = { at, after };
      await command(kubectl, one).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      await command(kubectl, one);
      if (kubectl.live === old) throw new Error(`not restored after a kill ${after ? "after" : "before"} change ${at}`);
      expect(kubectl.databases.get(old)?.rows).toBeGreaterThanOrEqual(150);
      expect(kubectl.volume(old).spec?.persistentVolumeReclaimPolicy).toBe("Retain");
    }
  });

  test("again and again on the way of one restore", async () => {
    const [kubectl, one] = [cluster(), session()];
    const old = kubectl.live;
    const kills = await killedAtEvery(kubectl, after, () => command(kubectl, one));
    expect(kills).toBeGreaterThan(2);
    expectRestored(kubectl, old);
  });

  test("again and again on the way back", async () => {
    const [kubectl, one] = [cluster(), session()];
    const old = kubectl.live;
    await command(kubectl, one);
    const replaced = kubectl.live;
    // Killed after its very last change it is done, and another way back would lead to the other volume.
    const back = async () => (kubectl.live === old && !(await readPlan(kubectl))) || goBack(options(kubectl, one));
    expect(await killedAtEvery(kubectl, after, back)).toBeGreaterThan(0);
    expect(kubectl.live).toBe(old);
    expect(kubectl.databases.get(old)).toEqual({ rows: 150, open: true });
    expect(kubectl.volume(replaced).metadata.labels).toEqual({ "diabrisk.io/kept-for": "diabrisk" });
    expect(kubectl.volume(old).metadata.labels).toEqual({});
  });

  test("a restore that was killed anywhere can be undone", async () => {
    const all = await changesOf((kubectl) => command(kubectl, session()));
    for (let at = 1; at <= all; at++) {
      const [kubectl, one] = [cluster(), session()];
      const old = kubectl.live;
      kubectl.kill = { at, after };
      await command(kubectl, one).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      if (!(await readPlan(kubectl))) continue;
      await goBack(options(kubectl, one));
      expect(kubectl.live).toBe(old);
      expect(kubectl.databases.get(old)).toEqual({ rows: 150, open: true });
      expect(kubectl.objects.get("deployment/data-svc")?.spec?.replicas).toBe(2);
    }
  });
});

test("a database that somebody started meanwhile is not taken for the old one", async () => {
  const [kubectl, one] = [cluster(), session()];
  const old = kubectl.live;
  const before = kubectl.try.bind(kubectl);
  kubectl.try = async (args, given) => {
    const outcome = await before(args, given);
    // Somebody scales the StatefulSet up while it has no claim.
    if (args[1] === "persistentvolumeclaim/data-postgres-0" && args[0] === "delete") {
      const server = kubectl.objects.get("statefulset/postgres");
      if (server?.spec) server.spec.replicas = 1;
      await before(["get", "pod/postgres-0"]);
    }
    return outcome;
  };
  await expect(command(kubectl, one)).rejects.toThrow(/it has volume pv-3 instead of pv-2|neither the old one/);
  expect(kubectl.volume(old).spec?.persistentVolumeReclaimPolicy).toBe("Retain");
});

test("another backup's restore does not begin beside a waiting one", async () => {
  const [kubectl, one] = [cluster(), session()];
  await command(kubectl, one, () => false);
  const other = { ...options(kubectl, one), manifest: { ...manifest, id: "000043-20261130T091500Z" } };
  await expect(restore(other)).rejects.toThrow(/backup 000042-\w+ is restored already and waits\..*--discard/);
});

test("without a kept volume there is no way back", async () => {
  await expect(goBack(options(cluster(), session()))).rejects.toThrow("no restore has replaced a volume");
});

test("the restored server gets its clients' roles, and every role its privileges once the tables are there", async () => {
  const kubectl = cluster();
  const server = (await kubectl.get("statefulset/postgres")) as KubeObject;
  const pod = restorePod({ ...options(kubectl, session()), backup: manifest.id, server });
  const { initContainers, volumes }: Manifest = pod.spec ?? {};
  const order = initContainers.map(({ name }: { name: string }) => name);
  expect(order.slice(order.indexOf("bootstrap"))).toEqual(["bootstrap", "load", "privileges", "compare", "verify"]);
  const told = initContainers.flatMap(({ env = [] }: { env?: { name: string; value: string }[] }) =>
    env.filter(({ name }) => name === "CLIENTS").map(({ value }) => JSON.parse(value)[0].role),
  );
  expect(told).toEqual(["auth_svc", "auth_svc"]);
  expect(JSON.stringify(volumes)).toContain("postgres-auth-svc");
});
