import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { registeredUser } from "../assessment";
import { podAddress, readyz, startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { assertOnly, startLoad } from "../load";
import { servicePods, untilReady } from "../server";

const HELD_SECONDS = 30;

/** data-svc's wait for a connection, 3 s, and what a busy machine adds. */
const BOUND_MILLISECONDS = 6000;

export const connections: Case = {
  name: "connections",
  title: "Others take every connection: data-svc answers 503 in bounded time, says why, and recovers by itself",
  async run(e2e) {
    const [caller, services, host] = [await startCaller(e2e), await servicePods(e2e), await podAddress(e2e)];
    const user = await registeredUser(e2e);
    const hold = holdAll(e2e);
    await sleep(5000);
    const loads = [
      await startLoad(e2e, caller, { kind: "read", perSecond: 20, host, user }),
      await startLoad(e2e, caller, { kind: "write", perSecond: 10, host, user }),
    ];
    await sleep(10_000);
    const { ready, checks } = await readyz(caller, host);
    e2e.evidence(`/readyz: ${JSON.stringify(checks)}`);
    assert.equal(ready, false, "data-svc is ready without a connection");
    const why = Object.values(checks).map((check) => check?.message);
    assert.match(why.join("\n"), /The server has no connection left/);
    for (const load of loads) {
      const report = await load.stop();
      assertOnly(report, ["503"]);
      assert.deepEqual(report.failures.filter(({ problem }) => problem !== "pool-exhausted").slice(0, 5), []);
      assert.ok(report.latency.max < BOUND_MILLISECONDS, `an answer took ${report.latency.max} ms`);
    }
    e2e.evidence(`${await hold} connections of the server were open meanwhile, none of them data-svc's`);

    await untilReady(e2e);
    for (const kind of ["read", "write"] as const) {
      const load = await startLoad(e2e, caller, { kind, perSecond: 20 });
      await sleep(3000);
      assert.deepEqual((await load.stop()).failures, [], "requests fail after the connections were released");
    }
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    await caller.remove();
  },
};

/**
 * Takes every connection, the superusers' reserve too, and releases them by itself. data-svc is kept out while it does, or it
 * would take its own again in between. Returns how many there were.
 */
async function holdAll(e2e: E2e): Promise<string> {
  const rows = await query(
    e2e,
    `alter role data_svc nologin;
     select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc' \\g /dev/null
     select pg_sleep(1) \\g /dev/null
     select current_setting('max_connections')::int - count(*) as free from pg_stat_activity where backend_type = 'client backend' \\gset
     \\setenv FREE :free
     \\! echo 'select pg_sleep(600)' > /tmp/hold.sql; pgbench -n -c $FREE -T 600 -U diabrisk -f /tmp/hold.sql diabrisk > /tmp/hold.log 2>&1 & echo $! > /tmp/hold.pid
     select pg_sleep(2) \\g /dev/null
     alter role data_svc login;
     select count(*), count(*) filter (where usename = 'data_svc') from pg_stat_activity where backend_type = 'client backend';
     select pg_sleep(${HELD_SECONDS}) \\g /dev/null
     \\! kill $(cat /tmp/hold.pid); rm /tmp/hold.*`,
  );
  const [[all, ours] = []] = rows;
  assert.equal(ours, "0", "data-svc has connections");
  return String(all);
}
