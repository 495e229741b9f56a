import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { tryInServer } from "../database";
import { assertOnly, startLoad, untilServed, WHILE_AWAY } from "../load";
import {
  assertIntact,
  assertStored,
  dropScratch,
  killAll,
  makeRedo,
  serverLog,
  serverState,
  servicePods,
  timeRecovery,
  untilRestarted,
} from "../server";

export const killed: Case = {
  name: "killed",
  title: "SIGKILL of the whole server under writes: no acknowledged row is lost, nothing is damaged, one restart",
  async run(e2e) {
    await orphan(e2e);
    const caller = await startCaller(e2e);
    const [before, services] = [await serverState(e2e), await servicePods(e2e)];
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 20 });
    await makeRedo(e2e);
    const began = performance.now();
    await killAll(e2e);
    await untilRestarted(e2e, before.restartCount);
    await timeRecovery(e2e, began);
    await untilServed(load, 50);
    const report = await load.stop();

    const { restartCount, lastState } = await serverState(e2e);
    e2e.evidence(
      `restarts before ${before.restartCount}, now ${restartCount}; ${JSON.stringify(lastState?.terminated)}`,
    );
    assert.equal(restartCount, before.restartCount + 1, "the server was restarted more than once");
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    e2e.evidence(
      (await serverLog(e2e)).match(/^.*(?:interrupted|automatic recovery|redo|ready to accept).*$/gm)?.join("\n") ?? "",
    );
    assertOnly(report, WHILE_AWAY);
    await assertStored(e2e, report.acknowledgedIds);
    await dropScratch(e2e);
    await assertIntact(e2e);
    await caller.remove();
  },
};

const ENDED = "/tmp/orphan-ended";

/** PostgreSQL as process 1 would take this orphan for a crashed backend, and end every session. */
async function orphan(e2e: E2e): Promise<void> {
  const before = (await serverLog(e2e)).length;
  await tryInServer(e2e, ["sh", "-c", `rm -f ${ENDED}; (sh -c 'sleep 1; touch ${ENDED}; exit 2' > /dev/null 2>&1 &)`]);
  await e2e.wait({
    what: "the orphan to end",
    seconds: 60,
    async poll() {
      const { code } = await tryInServer(e2e, ["rm", ENDED]);
      return { state: code === 0 ? "ready" : "waiting", detail: "it runs still" };
    },
  });
  // The server would have said so at once.
  await sleep(1000);
  const since = (await serverLog(e2e)).slice(before);
  e2e.evidence(`the server on an orphan that ended with exit code 2: ${since.trim() || "nothing"}`);
  assert.doesNotMatch(since, /terminating any other active server processes/);
}
