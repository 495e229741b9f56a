import { strict as assert } from "node:assert";
import type { Stage } from "../../../lib/stages/stage";
import { podAddress, readyz, startCaller } from "../callers";
import { type Case, type E2e, Skip } from "../case";
import { query, tryInServer } from "../database";
import { deployStage } from "../deploy-stage";
import { alone } from "../light-stage";
import { assertOnly, startLoad, untilServed, WHILE_AWAY } from "../load";
import type { TestPod } from "../pods";
import { assertIntact, assertStored, dropScratch, serverLog, serverState, untilReady, untilRestarted } from "../server";

const CLASS = "sized";
const VOLUME = "/var/lib/postgresql/data";

/** The case for a stage, whose volume is made small enough to fill. */
export const volumeFull = (stage: Stage): Case => ({
  name: "volume-full",
  title: "The volume nearly full, and then full: writes get 503, /readyz says why, reads go on, nothing is damaged",
  async run(e2e) {
    const storageClass = await e2e.kubectl.get(`storageclass/${CLASS}`);
    if (!storageClass) throw new Skip(`there is no storage class ${CLASS}, whose volumes have the size asked for`);
    await deployStage(e2e, alone(stage, { storage: "1Gi", storageClass: CLASS }));
    const caller = await startCaller(e2e);
    const stored = [...(await nearlyFull(e2e, caller)), ...(await full(e2e, caller))];
    await assertStored(e2e, stored);
    await assertIntact(e2e);
    await caller.remove();
  },
});

/** Less than the reserve is left: no write is begun, so the log never runs out of space, and reads go on. */
async function nearlyFull(e2e: E2e, caller: TestPod): Promise<readonly string[]> {
  const reads = await startLoad(e2e, caller, { kind: "read", perSecond: 10 });
  const writes = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
  await leave(e2e, 40);
  await untilStorage(e2e, caller, "warning");
  await untilServed(reads, 30);
  await untilReadyToRead(e2e, caller, /takes no writes.*nearly full/);
  assert.deepEqual((await reads.stop()).failures, [], "reads failed");
  const report = await writes.stop();
  assertOnly(report, ["201", "503"]);
  assert.ok(report.failures.length > 0, "no write was refused");
  await free(e2e);
  await untilStorage(e2e, caller, "ok");
  return report.acknowledgedIds;
}

/** Waits, since filling a disk may hold up the query of one probe, and a write may meet the full disk itself. */
async function untilReadyToRead(e2e: E2e, caller: TestPod, storage: RegExp): Promise<void> {
  const host = await podAddress(e2e);
  await e2e.wait({
    what: `data-svc to be ready, since reads work, and to say ${storage} of the storage`,
    seconds: 60,
    async poll() {
      const { ready, checks } = await readyz(caller, host);
      const detail = JSON.stringify(checks);
      if (!ready || !storage.test(checks.storage?.message ?? "")) return { state: "waiting", detail };
      e2e.evidence(`/readyz: ${detail}`);
      return { state: "ready", detail };
    },
  });
}

/** Nothing at all is left for the server's log: it panics, finds no room to recover, and comes back by its ballast. */
async function full(e2e: E2e, caller: TestPod): Promise<readonly string[]> {
  const { restartCount } = await serverState(e2e);
  const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
  await untilServed(load, 30);
  await leave(e2e, 0);
  // As somebody who may write whatever the default is.
  const write = `set default_transaction_read_only = off;
    select pg_logical_emit_message(true, 'e2e', repeat('x', 1000000)) from generate_series(1, 400)`;
  const { stderr } = await e2e.kubectl.try(
    ["exec", "--stdin", "postgres-0", "--container=postgres", "--", "psql", "-U", "diabrisk", "-d", "diabrisk", "-qX"],
    { input: write },
  );
  e2e.evidence(`writing on: ${stderr.trim()}`);
  await untilRestarted(e2e, restartCount);
  e2e.evidence(
    (await serverLog(e2e, "--previous"))
      .match(/^.*(?:PANIC|No space left).*$/gm)
      ?.slice(0, 3)
      .join("\n") ?? "",
  );
  await untilReady(e2e);
  e2e.evidence(
    (await serverLog(e2e)).match(/^.*(?:WARNING|automatic recovery|ready to accept).*$/gm)?.join("\n") ?? "",
  );
  await untilStorage(e2e, caller, "warning");
  assert.ok(Number((await query(e2e, "select count(*) from assessments"))[0]?.[0]) > 0, "reads do not work");
  await free(e2e);
  await untilStorage(e2e, caller, "ok");
  await untilServed(load, 30);
  const report = await load.stop();
  assertOnly(report, WHILE_AWAY);
  const after = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
  await untilServed(after, 30);
  const { failures, acknowledgedIds } = await after.stop();
  assert.deepEqual(failures, [], "writes fail though there is room again");
  await dropScratch(e2e);
  return [...report.acknowledgedIds, ...acknowledgedIds];
}

/**
 * Fills the volume with a file that is not the server's, until so many MiB are left. Where some are, the space is reserved and
 * not written: hundreds of MiB in the disk's queue would hold up every commit, and so every connection of the pool.
 */
async function leave(e2e: E2e, mebibytes: number): Promise<void> {
  const left = `$(df -Pk ${VOLUME} | awk 'END { print int($4 / 1024) }')`;
  const file = `${VOLUME}/fill`;
  const fill =
    mebibytes === 0
      ? `dd if=/dev/zero of=${file} bs=1M count=$((${left} + 1)) 2>&1 | tail -n 1`
      : `fallocate -l $(((${left} - ${mebibytes}) * 1048576)) ${file}`;
  const { code, stdout, stderr } = await tryInServer(e2e, ["sh", "-c", `${fill} && df -h ${VOLUME}`]);
  e2e.evidence(`${stdout}${stderr}`);
  assert.equal(code, 0, "the volume could not be filled");
}

const free = (e2e: E2e) => tryInServer(e2e, ["rm", "-f", `${VOLUME}/fill`]);

async function untilStorage(e2e: E2e, caller: TestPod, status: string): Promise<void> {
  const host = await podAddress(e2e);
  await e2e.wait({
    what: `/readyz to say ${status} of the storage`,
    seconds: 90,
    async poll() {
      const storage = (await readyz(caller, host)).checks.storage;
      return { state: storage?.status === status ? "ready" : "waiting", detail: storage?.message ?? "unknown" };
    },
  });
}
