import { strict as assert } from "node:assert";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query, tryInServer } from "../database";
import { assertOnly, startLoad, WHILE_AWAY } from "../load";
import { assertStored, dropScratch, serverLog, servicePods, untilReady, untilReplaced } from "../server";

export const gracefulStop: Case = {
  name: "graceful-stop",
  title:
    "A stop with open transactions and long queries is clean and within its grace: nothing to recover at the next start",
  async run(e2e) {
    const caller = await startCaller(e2e);
    const services = await servicePods(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
    await openSessions(e2e);
    const pod = await e2e.kubectl.get("pod/postgres-0");
    const grace = Number(pod?.spec?.terminationGracePeriodSeconds);

    const began = performance.now();
    const [{ stdout: last }] = await Promise.all([
      // The last line that is there, too: the server may be faster than this.
      e2e.kubectl.try(["logs", "--follow", "--tail=1", "postgres-0", "--container=postgres"], { seconds: 200 }),
      e2e.kubectl.run(["delete", "pod", "postgres-0", "--wait=false"]),
    ]);
    const seconds = (performance.now() - began) / 1000;
    e2e.evidence(last.match(/^.*(?:shutdown request|is shut down)$/gm)?.join("\n") ?? "");
    e2e.evidence(`its grace period is ${grace} s`);
    e2e.figure("seconds until the server had stopped", Number(seconds.toFixed(1)));
    assert.match(last, /database system is shut down\n/, "the server was killed before it had stopped");
    assert.ok(seconds < grace / 2, "stopping took more than half of the grace period");

    await untilReplaced(e2e, pod);
    await untilReady(e2e);
    const report = await load.stop();
    const first = await serverLog(e2e);
    e2e.evidence(
      first.match(/^.*(?:was shut down at|automatic recovery|interrupted|ready to accept).*$/gm)?.join("\n") ?? "",
    );
    assert.match(first, /database system was shut down at/);
    assert.doesNotMatch(first, /automatic recovery|was interrupted/);
    assert.deepEqual(await query(e2e, "select count(*) from e2e.open"), [["0"]], "what was not committed is there");
    assertOnly(report, WHILE_AWAY);
    await assertStored(e2e, report.acknowledgedIds);
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    await dropScratch(e2e);
    await caller.remove();
  },
};

/** Sessions of the superuser that are at it, each with what it does. */
const OPEN = `select state, left(query, 50) from pg_stat_activity
  where usename = 'diabrisk' and backend_type = 'client backend' and pid <> pg_backend_pid()
    and (state = 'idle in transaction' or query ~ '^(select pg_sleep|insert into)') order by 1, 2`;

/** Sessions that a smart shutdown would wait for: one idle in a transaction that wrote, one asleep, one busy in a query. */
async function openSessions(e2e: E2e): Promise<void> {
  await query(e2e, "create schema if not exists e2e; create table e2e.open (n int)");
  const psql = "psql -U diabrisk -d diabrisk -qX";
  const sessions = [
    `(echo 'begin; insert into e2e.open values (1);'; sleep 600) | ${psql}`,
    `${psql} -c 'select pg_sleep(600)'`,
    `${psql} -c 'insert into e2e.open select count(*) from generate_series(1, 1e11) n'`,
  ];
  for (const session of sessions) await tryInServer(e2e, ["sh", "-c", `(${session}) > /dev/null 2>&1 &`]);
  let open: Awaited<ReturnType<typeof query>> = [];
  await e2e.wait({
    what: "the sessions to be open",
    seconds: 60,
    async poll() {
      open = await query(e2e, OPEN);
      return { state: open.length === sessions.length ? "ready" : "waiting", detail: `${open.length} are` };
    },
  });
  for (const columns of open) e2e.evidence(columns.join(": "));
}
