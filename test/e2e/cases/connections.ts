import { strict as assert } from "node:assert";
import { registeredUser } from "../assessment";
import { podAddress, podAddresses, type Readyz, readyz, startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query, tryInServer } from "../database";
import { assertOnly, startLoad, untilServed } from "../load";
import type { TestPod } from "../pods";
import { servicePods } from "../server";

/**
 * Half of the answers come within data-svc's wait for a connection, 3 s, and as much again. The slowest tell more of a machine
 * that others use, so these are bounded by the load's own limit: a request that takes longer ends as `timeout`.
 */
const BOUND_MILLISECONDS = 6000;

export const connections: Case = {
  name: "connections",
  title: "Others take every connection: data-svc answers 503 in bounded time, says why, and recovers by itself",
  async run(e2e) {
    const [caller, services, host] = [await startCaller(e2e), await servicePods(e2e), await podAddress(e2e)];
    const user = await registeredUser(e2e);
    const hold = await holdAll(e2e);
    let all = "";
    try {
      await assertUnavailable(e2e, caller, host, user);
    } finally {
      all = await hold.end();
    }
    e2e.evidence(`${all} connections of the server were open meanwhile, none of them data-svc's`);

    await untilServing(e2e, caller);
    for (const kind of ["read", "write"] as const) {
      const load = await startLoad(e2e, caller, { kind, perSecond: 20 });
      await untilServed(load, 60);
      assert.deepEqual((await load.stop()).failures, [], "requests fail after the connections were released");
    }
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    await caller.remove();
  },
};

/** Every request gets 503 in bounded time, and /readyz says why. */
async function assertUnavailable(e2e: E2e, caller: TestPod, host: string, user: string): Promise<void> {
  await untilRefused(e2e, caller, host);
  const loads = [
    await startLoad(e2e, caller, { kind: "read", perSecond: 20, host, user }),
    await startLoad(e2e, caller, { kind: "write", perSecond: 10, host, user }),
  ];
  for (const load of loads) await load.until("sent", 100);
  const { ready, checks } = await readyz(caller, host);
  e2e.evidence(`/readyz: ${JSON.stringify(checks)}`);
  assert.equal(ready, false, "data-svc is ready without a connection");
  assert.match(reasons(checks), NO_CONNECTION);
  for (const load of loads) {
    const report = await load.stop();
    assertOnly(report, ["503"]);
    assert.deepEqual(report.failures.filter(({ problem }) => problem !== "pool-exhausted").slice(0, 5), []);
    assert.ok(report.latency.p50 < BOUND_MILLISECONDS, `half of the answers took ${report.latency.p50} ms or more`);
  }
}

/** By the pods' own word: they stay in the Service for as long as a request waits for a server. */
async function untilServing(e2e: E2e, caller: TestPod): Promise<void> {
  const addresses = await podAddresses(e2e);
  await e2e.wait({
    what: "every pod of data-svc to be ready by its own word",
    seconds: 60,
    async poll() {
      const answers = await Promise.all(addresses.map((address) => readyz(caller, address)));
      const why = answers.filter(({ ready }) => !ready).map(({ checks }) => reasons(checks));
      return { state: why.length === 0 ? "ready" : "waiting", detail: why.join("\n") };
    },
  });
}

const NO_CONNECTION = /The server has no connection left/;

const reasons = (checks: Readyz["checks"]) =>
  Object.values(checks)
    .map((check) => check?.message)
    .join("\n");

/** Until then a request that runs out of time tells the refusal before: the role might not log in while it was kept out. */
async function untilRefused(e2e: E2e, caller: TestPod, host: string): Promise<void> {
  await e2e.wait({
    what: "data-svc to be refused for want of a connection",
    seconds: 60,
    async poll() {
      const why = reasons((await readyz(caller, host)).checks);
      return { state: NO_CONNECTION.test(why) ? "ready" : "waiting", detail: why };
    },
  });
}

/** Every connection of the server, in other hands. */
interface Hold {
  /** Releases them, and returns how many there were. */
  end(): Promise<string>;
}

const [HELD, RELEASE] = ["/tmp/held", "/tmp/release"];

/** Longer than the case takes: a test that breaks off releases the connections, too. */
const MOST_SECONDS = 240;

/**
 * Takes every connection, the superusers' reserve too. data-svc is kept out while it does, or it would take its own again in
 * between. Files say when they are held and when they may go, since nobody can ask the server meanwhile.
 */
async function holdAll(e2e: E2e): Promise<Hold> {
  const holding = query(
    e2e,
    `\\! rm -f ${HELD} ${RELEASE}
     alter role data_svc nologin;
     select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc' \\g /dev/null
     select pg_sleep(1) \\g /dev/null
     select current_setting('max_connections')::int - count(*) as free from pg_stat_activity where backend_type = 'client backend' \\gset
     \\setenv FREE :free
     \\! echo 'select pg_sleep(600)' > /tmp/hold.sql; pgbench -n -c $FREE -T 600 -U diabrisk -f /tmp/hold.sql diabrisk > /tmp/hold.log 2>&1 & echo $! > /tmp/hold.pid
     do $$ begin
       for i in 1..300 loop
         exit when (select count(*) = current_setting('max_connections')::int from pg_stat_activity where backend_type = 'client backend');
         perform pg_sleep(0.1), pg_stat_clear_snapshot();
       end loop;
     end $$;
     alter role data_svc login;
     select count(*), count(*) filter (where usename = 'data_svc') from pg_stat_activity where backend_type = 'client backend';
     \\! touch ${HELD}; timeout ${MOST_SECONDS} sh -c 'until [ -e ${RELEASE} ]; do sleep 0.5; done'
     \\! kill $(cat /tmp/hold.pid); rm -f /tmp/hold.* ${HELD} ${RELEASE}`,
    { seconds: MOST_SECONDS + 60 },
  );
  // It is awaited at the end; a failure before that shows as connections that are not held.
  holding.catch(() => undefined);
  await e2e.wait({
    what: "every connection to be taken",
    seconds: 60,
    async poll() {
      const { code } = await tryInServer(e2e, ["test", "-e", HELD]);
      return { state: code === 0 ? "ready" : "waiting", detail: "not yet" };
    },
  });
  const end = async () => {
    await tryInServer(e2e, ["touch", RELEASE]);
    const [[all, ours] = []] = await holding;
    assert.equal(ours, "0", "data-svc has connections");
    return String(all);
  };
  return { end };
}
