import { strict as assert } from "node:assert";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { tryInServer } from "../database";
import { assertOnly, startLoad, WHILE_AWAY } from "../load";
import {
  assertIntact,
  assertStored,
  dropScratch,
  killAll,
  makeRedo,
  type ServerState,
  serverState,
  servicePods,
  untilReady,
  untilRestarted,
} from "../server";

/** Longer than liveness, 4 failures 15 s apart, takes to kill what it holds to be dead. */
const HELD_SECONDS = 150;

export const slowRecovery: Case = {
  name: "slow-recovery",
  title: `A recovery of ${HELD_SECONDS} s is left to end: alive, unready, not restarted; then all is well`,
  async run(e2e) {
    const caller = await startCaller(e2e);
    const [before, services] = [await serverState(e2e), await servicePods(e2e)];
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 5 });
    await makeRedo(e2e);
    await killAll(e2e);
    await stopStartupProcess(e2e);
    try {
      await untilRestarted(e2e, before.restartCount);
      await watch(e2e, before);
    } finally {
      await tryInServer(e2e, ["sh", "-c", `${FIND}; kill -CONT $startup`]);
    }
    await untilReady(e2e);
    const report = await load.stop();

    assert.equal((await serverState(e2e)).restartCount, before.restartCount + 1, "the recovery was interrupted");
    e2e.evidence((await servicePods(e2e)).join("\n"));
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    assertOnly(report, WHILE_AWAY);
    await assertStored(e2e, report.acknowledgedIds);
    await dropScratch(e2e);
    await assertIntact(e2e);
    await caller.remove();
  },
};

/** The process that replays the log; `$startup` is empty where there is none. */
const FIND = `startup=; for p in /proc/[0-9]*; do
  case $(tr "\\0" " " < $p/cmdline 2> /dev/null) in "postgres: startup"*) startup=$(basename $p) ;; esac
done`;

/** Has the recovery make no progress, as one of many GB would for a probe. */
async function stopStartupProcess(e2e: E2e): Promise<void> {
  const script = `for try in 1 2 3 4 5; do ${FIND}; [ -z "$startup" ] || { kill -STOP $startup && exit 0; }; sleep 0.1; done; exit 1`;
  for (const deadline = Date.now() + 60_000; ; ) {
    const { code, stderr } = await tryInServer(e2e, ["sh", "-c", script]);
    if (code === 0) return;
    assert.ok(Date.now() < deadline, `no recovery was seen: ${stderr}`);
  }
}

const WATCH_MILLISECONDS = 5000;

/** Looks again and again whether all stays as it should be while the server recovers. */
async function watch(e2e: E2e, before: ServerState): Promise<void> {
  const began = Date.now();
  await e2e.wait(
    {
      what: `a recovery of ${HELD_SECONDS} s`,
      seconds: HELD_SECONDS + 60,
      async poll() {
        const { restartCount, started, ready } = await serverState(e2e);
        const detail = `restarts ${restartCount}, started ${started}, ready ${ready}`;
        const seconds = (Date.now() - began) / 1000;
        if (restartCount !== before.restartCount + 1 || (seconds > 30 && (ready || !started))) {
          return { state: "failed", detail };
        }
        return { state: seconds > HELD_SECONDS ? "ready" : "waiting", detail };
      },
    },
    WATCH_MILLISECONDS,
  );
  const { restartCount, started, ready } = await serverState(e2e);
  e2e.figure("seconds in recovery", HELD_SECONDS);
  e2e.evidence(`meanwhile: restarts ${restartCount}, started ${started}, ready ${ready}`);
  const answer = await tryInServer(e2e, ["pg_isready", "-h", "127.0.0.1", "-U", "diabrisk", "-d", "diabrisk"]);
  e2e.evidence(`pg_isready: ${answer.stdout.trim()}`);
  assert.match(answer.stdout, /rejecting connections/);
  e2e.evidence((await servicePods(e2e)).join("\n"));
}
