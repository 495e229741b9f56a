import { strict as assert } from "node:assert";
import { BACKUP, DRILL_STEPS, PATHS } from "../../../lib/contract";
import { startStore } from "../backup-store";
import type { Case, E2e } from "../case";
import { logOf, startNow } from "../cron-jobs";
import type { TestPod } from "../pods";

/** The part of a report that the case reads. */
interface Report {
  readonly result: string;
  readonly rows: number;
  readonly ageSeconds: number;
  readonly steps: readonly { readonly name: string; readonly result: string; readonly seconds?: number }[];
  readonly differences: readonly string[];
}

export const drill: Case = {
  name: "drill",
  title:
    "A drill restores the newest backup, finds it equal and stores that; a changed row is named by its table, and a dump cut short fails",
  async run(e2e) {
    const store = await startStore(e2e);
    assert.equal((await startNow(e2e, BACKUP.name, "backup-for-drill")).succeeded, true);
    const id = await newest(store);

    const passed = await startNow(e2e, BACKUP.drill, "drill-whole");
    await logOf(e2e, "drill-whole", "compare");
    await logOf(e2e, "drill-whole", "report");
    assert.equal(passed.succeeded, true, "the drill of a whole backup failed");
    const report = await reportOf(e2e, store, id);
    assert.deepEqual([report.result, report.differences], ["passed", []]);
    assert.deepEqual(
      report.steps.map(({ name, result }) => `${name} ${result}`),
      DRILL_STEPS.map((name) => `${name} passed`),
    );
    assert.ok(report.rows > 0 && report.ageSeconds >= 0, "the report tells neither rows nor age");
    e2e.evidence(`the drill took ${passed.seconds.toFixed(1)} s`);

    await nameTheTable(e2e, store, id);
    await refuseTheCut(e2e, store, id);
  },
};

/** A backup whose manifest says another hash for one table is what a restore with one wrong byte comes to. */
async function nameTheTable(e2e: E2e, store: TestPod, id: string): Promise<void> {
  const forged = await copy(store, id, "manifest.tables.find((t) => t.name === 'public.users').hash += '1';");
  assert.equal((await startNow(e2e, BACKUP.drill, "drill-forged")).succeeded, false, "a difference went unnoticed");
  await logOf(e2e, "drill-forged", "compare");
  const { result, differences, steps } = await reportOf(e2e, store, forged);
  assert.equal(result, "failed");
  assert.equal(differences.length, 1);
  assert.match(differences[0] ?? "", /^table public\.users: \d+ rows? in both, but not the same; hash /);
  assert.deepEqual(
    steps.filter((step) => step.result !== "passed").map(({ name }) => name),
    ["compare"],
  );
}

async function refuseTheCut(e2e: E2e, store: TestPod, id: string): Promise<void> {
  const cut = await copy(
    store,
    id,
    "fs.truncateSync(to + '/dump.age', Math.floor(fs.statSync(to + '/dump.age').size * 0.6));",
  );
  assert.equal((await startNow(e2e, BACKUP.drill, "drill-cut")).succeeded, false, "a dump cut short went unnoticed");
  assert.match(await logOf(e2e, "drill-cut", "fetch"), new RegExp(`${cut}/dump\\.age`));
  const { result, steps } = await reportOf(e2e, store, cut);
  assert.equal(result, "failed");
  assert.deepEqual(
    steps.map((step) => step.result),
    ["failed", ...DRILL_STEPS.slice(1).map(() => "skipped")],
  );
}

async function newest(store: TestPod): Promise<string> {
  const { stdout } = await store.run("backup", "list", "--json", "--target", `volume:${PATHS.backups}`);
  const [first] = stdout.split("\n").filter(Boolean);
  return (JSON.parse(first ?? "{}") as { id: string }).id;
}

/** Copies a backup under the next number, changed, and returns its id. */
async function copy(store: TestPod, id: string, change: string): Promise<string> {
  const number = Number((await newest(store)).slice(0, 6)) + 1;
  const next = `${String(number).padStart(6, "0")}${id.slice(6)}`;
  const program = `
    const fs = require("node:fs");
    const [from, to] = ["${PATHS.backups}/${id}", "${PATHS.backups}/${next}"];
    fs.cpSync(from, to, { recursive: true, filter: (file) => !file.includes("drill-") });
    const manifest = JSON.parse(fs.readFileSync(to + "/manifest.json", "utf8"));
    Object.assign(manifest, { id: "${next}", number: ${number} });
    ${change}
    fs.writeFileSync(to + "/manifest.json", JSON.stringify(manifest));`;
  const { code, stderr } = await store.run("node", "-e", program);
  assert.equal(code, 0, stderr);
  return next;
}

/** The only report beside a backup. */
async function reportOf(e2e: E2e, store: TestPod, id: string): Promise<Report> {
  const { stdout } = await store.sh(`cat ${PATHS.backups}/${id}/drill-*.json`);
  e2e.evidence(`${id}/drill-….json:\n${stdout}`);
  return JSON.parse(stdout) as Report;
}
