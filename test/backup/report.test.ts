import * as fs from "node:fs/promises";
import * as path from "node:path";
import { runBackup } from "../../lib/backup/run";
import { DRILL_STEPS, VERSION } from "../../lib/contract";
import { temporaryFolder } from "../support/temporary-folder";

const ID = "000042-20261130T081500Z";
const SHA256 = "0".repeat(64);
const MANIFEST = {
  format: 1,
  id: ID,
  number: 42,
  stage: "dev",
  startedAt: "2026-11-30T08:15:00Z",
  finishedAt: "2026-11-30T08:15:10Z",
  database: "diabrisk",
  serverVersion: "16.14",
  systemIdentifier: "7713871690591076178",
  databaseTime: "2026-11-30T08:15:01Z",
  schema: { version: 7, migrations: [] },
  tables: [
    { name: "public.audit_logs", rows: 20, hash: "12" },
    { name: "public.users", rows: 2, hash: "-7" },
  ],
  sequences: [],
  dump: { bytes: 4711, sha256: SHA256 },
  encrypted: { bytes: 4800, sha256: SHA256 },
  recipients: ["age1people"],
};

const PASSED = Object.fromEntries(DRILL_STEPS.map((name, index) => [name, `0 ${index}\n`]));

interface Drill {
  readonly steps?: Readonly<Record<string, string>>;
  readonly manifest?: object | undefined;
  readonly differences?: readonly string[];
}

/** The folders of a drill, and a way to report it. */
async function drill({ steps = PASSED, differences, ...given }: Drill = {}) {
  const folder = await fs.mkdtemp(path.join(temporaryFolder(), "drill-"));
  const [work, store] = [path.join(folder, "work"), path.join(folder, "backups")];
  await fs.mkdir(path.join(work, "steps"), { recursive: true });
  await fs.mkdir(store);
  const manifest = "manifest" in given ? given.manifest : MANIFEST;
  if (manifest) await fs.writeFile(path.join(work, "manifest.json"), JSON.stringify(manifest));
  if (differences) await fs.writeFile(path.join(work, "differences.json"), JSON.stringify(differences));
  for (const [name, note] of Object.entries(steps)) await fs.writeFile(path.join(work, "steps", name), note);
  const said = { out: "", err: "" };
  const report = async (now = "2026-12-01T08:15:00Z") => {
    const code = await runBackup(["report", "--work", work, "--target", `volume:${store}`], {
      environment: {},
      terminal: {
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
      },
      now: () => new Date(now),
    });
    return { code, ...said };
  };
  const stored = async () => {
    const names = await fs.readdir(path.join(store, ID)).catch(() => []);
    return await Promise.all(
      names
        .sort()
        .map(async (name) => [name, JSON.parse(await fs.readFile(path.join(store, ID, name), "utf8"))] as const),
    );
  };
  return { report, stored };
}

test("a drill whose every step passed is stored as passed, with age, rows and seconds", async () => {
  const { report, stored } = await drill();
  expect(await report()).toMatchObject({ code: 0, err: "", out: expect.stringContaining("has passed.") });
  expect(await stored()).toEqual([
    [
      "drill-20261201T081500Z.json",
      {
        format: 1,
        backup: ID,
        result: "passed",
        release: VERSION,
        finishedAt: "2026-12-01T08:15:00.000Z",
        ageSeconds: 86_400,
        steps: DRILL_STEPS.map((name, seconds) => ({ name, result: "passed", code: 0, seconds })),
        tables: 2,
        rows: 22,
        bytes: 4711,
        differences: [],
      },
    ],
  ]);
});

test.each(DRILL_STEPS)("a failed step %s is stored, and fails", async (name) => {
  const { report, stored } = await drill({ steps: { ...PASSED, [name]: "1 9\n" } });
  const { code, err } = await report();
  expect(code).toBe(1);
  expect(err).toMatch(new RegExp(`${name} +failed with exit code 1 +9 s`));
  expect(err).toContain(`The containers' logs say why: ${name}.`);
  expect((await stored())[0]?.[1]).toMatchObject({ result: "failed" });
});

test.each(DRILL_STEPS)("a step %s that did not run proves nothing", async (name) => {
  const { [name]: _, ...steps } = PASSED;
  const { report, stored } = await drill({ steps });
  expect((await report()).code).toBe(1);
  expect((await stored())[0]?.[1]).toMatchObject({ result: "failed" });
});

test("migrations that came after the backup do not fail it; a difference does", async () => {
  expect((await (await drill({ steps: { ...PASSED, verify: "3 1\n" } })).report()).code).toBe(0);
  expect((await (await drill({ steps: { ...PASSED, verify: "5 1\n" } })).report()).code).toBe(1);
  expect((await (await drill({ steps: { ...PASSED, compare: "3 1\n" } })).report()).code).toBe(1);
});

test("differences are stored and told", async () => {
  const differences = ["table public.users: 2 rows in both, but not the same; hash 1 in the backup, 2 here"];
  const { report, stored } = await drill({ steps: { ...PASSED, compare: "1 3\n" }, differences });
  expect((await report()).err).toContain(`  - ${differences[0]}`);
  expect((await stored())[0]?.[1]).toMatchObject({ differences });
});

test("without any backup there is nothing to store beside, which is said", async () => {
  const { report, stored } = await drill({ manifest: undefined, steps: { fetch: "1 0\n" } });
  const { code, err } = await report();
  expect([code, err]).toEqual([1, expect.stringMatching(/^Nothing was drilled: the step fetch found no backup/)]);
  expect(await stored()).toEqual([]);
});

test("a clock that runs behind is told, and changes nothing else", async () => {
  const { report, stored } = await drill();
  const { code, out } = await report("2026-11-30T08:14:00Z");
  expect([code, out]).toEqual([
    0,
    expect.stringContaining("The backup is from the future, so one of the clocks is wrong"),
  ]);
  expect((await stored())[0]?.[1]).toMatchObject({ ageSeconds: -60 });
});

test("two drills of one second keep a result each", async () => {
  const { report, stored } = await drill();
  await report();
  await report();
  expect((await stored()).map(([name]) => name)).toEqual([
    "drill-20261201T081500Z.json",
    "drill-20261201T081501Z.json",
  ]);
});

test("a note that a full disk cut short is an error, not a pass", async () => {
  const { report } = await drill({ steps: { ...PASSED, restore: "" } });
  expect(await report()).toMatchObject({ code: 1, err: expect.stringContaining("not an exit code and seconds") });
});
