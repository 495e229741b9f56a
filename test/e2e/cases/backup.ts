import { strict as assert } from "node:assert";
import { BACKUP, PATHS } from "../../../lib/contract";
import { backUpNow } from "../../../lib/deploy/backup/now";
import { openShelf } from "../../../lib/deploy/backup/open-shelf";
import type { Shelf } from "../../../lib/deploy/backup/shelf";
import { random } from "../../support/random";
import { killRuns } from "../backup-kills";
import { claimsOfPods, filesOfPods, keepLower } from "../backup-remains";
import { type Phase, runEnded, secondsIn, startRun } from "../backup-runs";
import { startStore, verifyAll } from "../backup-store";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { logOf } from "../cron-jobs";
import { query } from "../database";
import { type Load, startLoad, untilServed } from "../load";
import type { TestPod } from "../pods";
import { dropScratch } from "../server";
import { applyAgain } from "./apply-again";

/** MiB that hardly compress, so that a dump lasts long enough to be killed. */
const BULK = 48;

export const backup: Case = {
  name: "backup",
  long: true,
  title:
    "Backups under writes, killed at random moments and two at once: whatever has a manifest is whole, and no pod that ended by itself keeps a plain dump",
  async run(e2e) {
    const seed = Number(e2e.kubectl.env.KILLS_SEED ?? Math.floor(Math.random() * 1e9));
    e2e.figure("seed of the moments", seed);
    await makeBulk(e2e);
    const caller = await startCaller(e2e);
    const there = await countAssessments(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10, mostOpen: 4 });
    const { shelf, close } = await openReader(e2e);
    const store = await startStore(e2e);

    const seconds = await backUpUnderWrites(e2e, { load, shelf, there });
    await killRuns(e2e, { shelf, seconds, next: random(seed) });
    await backUpTwiceAtOnce(e2e, shelf, store);
    await tidyUp(e2e, shelf, store);
    await assertNoPlainDumps(e2e);
    await close();
    await store.remove();

    const { sent, ok } = await load.stop();
    e2e.figure("requests meanwhile", sent);
    assert.equal(ok, sent, `${sent - ok} of ${sent} requests failed`);
    await caller.remove();
    await dropScratch(e2e);
    await applyAgain.run(e2e);
  },
};

/** Makes a table that the role of the backups may read, as it may every table of the migrations. */
async function makeBulk(e2e: E2e): Promise<void> {
  e2e.cleanUp("schema e2e", async () => {
    await dropScratch(e2e);
  });
  await dropScratch(e2e);
  await query(
    e2e,
    `create schema e2e; grant usage on schema e2e to backup;
     create table e2e.bulk as select n, (
       select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 64) where n > 0
     ) as bytes from generate_series(1, ${BULK * 1024}) n;
     grant select on e2e.bulk to backup`,
  );
}

const countAssessments = async (e2e: E2e) => Number((await query(e2e, "select count(*) from assessments"))[0]?.[0]);

/** Reads the volume as `npm run backup` does. */
async function openReader(e2e: E2e): Promise<{ shelf: Shelf; close: () => Promise<void> }> {
  const { kubectl, stage, signal } = e2e;
  const shelf = await openShelf(stage, { kubectl, environment: kubectl.env, say: (line) => e2e.say(line), signal });
  return { shelf, close: e2e.cleanUp("reader of the backups", () => shelf.close()) };
}

/** Backs up as `npm run backup -- dev --now` does, and returns what was stored. */
async function backUp(e2e: E2e): Promise<string> {
  const { kubectl, signal } = e2e;
  const lines: string[] = [];
  await backUpNow({ kubectl, now: () => new Date(), say: (line) => void lines.push(line), signal });
  return storedBy(e2e, lines.at(-1) ?? "");
}

/** Reads the id of the backup that a log names. */
function storedBy(e2e: E2e, log: string): string {
  e2e.evidence(log);
  const id = /Stored (\d{6}-\d{8}T\d{6}Z)/.exec(log)?.[1];
  assert.ok(id, "the log does not name what was stored");
  return id;
}

interface UnderWrites {
  readonly load: Load;
  readonly shelf: Shelf;
  /** Assessments before the first write. */
  readonly there: number;
}

/** Returns the seconds that each phase of the pod took. */
async function backUpUnderWrites(e2e: E2e, { load, shelf, there }: UnderWrites): Promise<Record<Phase, number>> {
  await untilServed(load, 20);
  const before = there + (await load.report()).ok;
  const began = performance.now();
  const id = await backUp(e2e);
  e2e.figure("seconds of a backup", Number(((performance.now() - began) / 1000).toFixed(1)));
  const after = there + (await load.report()).ok;
  const { tables, dump } = await shelf.manifest(id);
  const rows = tables.find(({ name }) => name === "public.assessments")?.rows ?? Number.NaN;
  e2e.figure("assessments acknowledged before, in and after the backup", `${before}, ${rows}, ${after}`);
  assert.ok(before <= rows && rows <= after, "the manifest has other rows than were acknowledged");
  e2e.figure("bytes of the dump", dump.bytes);
  const [pod] = await e2e.kubectl.list("pods", `app=${BACKUP.name}`);
  assert.ok(pod, "the backup's pod is gone, and with it its log");
  const seconds = { dump: secondsIn(pod, "dump"), ship: secondsIn(pod, "ship") };
  e2e.evidence(`dump took ${seconds.dump} s, ship ${seconds.ship} s`);
  return seconds;
}

async function backUpTwiceAtOnce(e2e: E2e, shelf: Shelf, store: TestPod): Promise<void> {
  // A volume keeps one backup of a day, and the newest that a drill has passed.
  const stop = await keepLower(store);
  const run = async (name: string) => {
    await startRun(e2e, name);
    assert.ok(await runEnded(e2e, name), `job/${name} failed`);
    return storedBy(e2e, await logOf(e2e, name, "ship"));
  };
  const ids = await Promise.all([run("backup-one"), run("backup-other")]);
  await stop();
  const whole = await verifyAll(e2e, shelf);
  assert.notEqual(ids[0], ids[1], "both Jobs stored under one id");
  assert.deepEqual(ids.toSorted().toReversed(), whole, "the two backups are not what is there");
  e2e.figure("backups whole of two at once", whole.length);
  await store.sh(`rm -f ${PATHS.backups}/*/drill-*.json`);
}

/** Has the remains of dead runs look as old as a run may get: the next one removes them, and nothing else is left. */
async function tidyUp(e2e: E2e, shelf: Shelf, store: TestPod): Promise<void> {
  const left = (await shelf.list()).filter(({ committed }) => !committed).map(({ id }) => id);
  e2e.figure("remains of killed runs without a manifest", left.length);
  await store.sh(
    `cd ${PATHS.backups} && for id in .run-* ${left.join(" ")}; do find "$id" -exec touch -d '2000-01-01 00:00:00' {} +; done`,
  );
  const id = await backUp(e2e);
  const { stdout } = await store.sh(`cd ${PATHS.backups} && ls -A | grep -v '^lost+found$'`);
  e2e.evidence(`on the volume:\n${stdout}`);
  assert.deepEqual(stdout.trim().split("\n").toReversed(), await verifyAll(e2e, shelf));
  assert.match(stdout, new RegExp(id));
}

/** A pod that ended by itself has removed its dump; that of a killed one goes with its Job. */
async function assertNoPlainDumps(e2e: E2e): Promise<void> {
  const files = await filesOfPods(e2e);
  e2e.figure("plain dumps on the volumes of killed pods", files.filter(({ phase }) => phase === "Failed").length);
  assert.deepEqual(
    files.filter(({ phase }) => phase !== "Failed"),
    [],
    "a backup that ended by itself left files",
  );
  await e2e.kubectl.run(["delete", "jobs", `--selector=app=${BACKUP.name}`, "--cascade=foreground"]);
  await e2e.wait({
    what: "the volumes of ended pods to be gone",
    seconds: 60,
    async poll() {
      const left = await claimsOfPods(e2e);
      return { state: left.length === 0 ? "ready" : "waiting", detail: left.join(", ") };
    },
  });
}
