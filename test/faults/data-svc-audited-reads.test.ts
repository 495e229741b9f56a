import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  assessment,
  call,
  closeServices,
  eventually,
  metricsOf,
  type RunningService,
  startReady,
  USER,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { lossyWay } from "./support/lossy-way";

const postgres = usePostgres();
afterEach(closeServices);

const read = (service: RunningService, requestId: string) =>
  call<{ items: { id: string }[] }>(service, `GET /internal/users/${USER}/assessments`, undefined, {
    headers: { "X-Request-Id": requestId },
  });

/** Requests whose reads are in the database's log, oldest first. */
const logged = async (url: string) => {
  const sql =
    "select request_metadata->>'request_id' as request from audit_logs where action = 'assessment.list' order by id";
  return (await postgres.query<{ request: string }>(url, sql)).map(({ request }) => request);
};

/** Requests whose entries are in the service's log. */
const kept = ({ lines }: RunningService) =>
  lines.flatMap((line) => {
    const { audit_entry: entry, request_id: id } = JSON.parse(line);
    return entry ? [id] : [];
  });

const unwritten = async (service: RunningService) =>
  Number(/^data_svc_audit_entries_unwritten_total (\d+)$/m.exec(await metricsOf(service))?.[1]);

const terminate = (url: string) =>
  postgres.query(
    url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'data-svc/%' and wait_event_type = 'Lock'",
  );

/** Server's sessions of data-svc that wait for this kind of event. */
const waiting = async (url: string, event: string) =>
  (
    await postgres.query(
      url,
      `select from pg_stat_activity where application_name like 'data-svc/%' and wait_event_type || wait_event ~ '${event}'`,
    )
  ).length;

test("no answer comes before its entry is committed, and a killed connection leaves one entry", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url);
  await postgres.connected(url, async (client) => {
    await client.query("begin; lock table audit_logs in exclusive mode");
    let answered = false;
    const answer = read(service, "once").finally(() => {
      answered = true;
    });
    await eventually(async () => (await waiting(url, "^Lock")) === 1);
    await terminate(url);
    await eventually(async () => (await waiting(url, "^Lock")) === 1);
    await sleep(300);
    expect(answered).toBe(false);
    await client.query("commit");
    expect((await answer).status).toBe(200);
  });
  expect(await logged(url)).toEqual(["once"]);
  expect(await unwritten(service)).toBe(0);
});

test("a read whose commit is not answered is done again: an entry for each time, of one request", async () => {
  const url = await postgres.createMigratedDatabase();
  const way = await lossyWay(postgres.server.port);
  const service = await startReady(way.to(url), { OUTAGE_WAIT_MS: "60000" });
  await read(service, "prepared");
  let cuts = 0;
  way.cutsAfter = (asked) => asked.includes("list_assessments") && cuts++ === 0;
  expect((await read(service, "again")).status).toBe(200);
  expect(await logged(url)).toEqual(["prepared", "again", "again"]);
  await service.close();
  way.close();
});

test("a server that is killed under readers has an entry for each answer", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { OUTAGE_WAIT_MS: "60000" });
  const answered: string[] = [];
  let over = false;
  const reader = async (name: number) => {
    for (let count = 0; !over; count++) {
      const id = `${name}-${count}`;
      if ((await read(service, id)).status === 200) answered.push(id);
    }
  };
  const readers = Array.from({ length: 8 }, (_, name) => reader(name));
  for (let kill = 0; kill < 3; kill++) {
    await sleep(300);
    await postgres.server.stop("immediate");
    await postgres.server.restart();
  }
  over = true;
  await Promise.all(readers);
  const entries = await logged(url);
  expect(answered.length).toBeGreaterThan(20);
  expect(answered.filter((id) => !entries.includes(id))).toEqual([]);
  // Once more at most for each kill.
  const most = Math.max(...answered.map((id) => entries.filter((entry) => entry === id).length));
  expect(most).toBeLessThanOrEqual(4);
});

/** Makes a server take no writes, and returns what ends that. */
const REFUSALS: Readonly<Record<string, (url: string) => Promise<() => Promise<unknown>>>> = {
  "a server that is read-only": async (url) => {
    const set = async (line: string) => {
      await postgres.connected(url, async (client) => {
        await client.query("set default_transaction_read_only = off");
        await client.query(`alter system ${line}`);
        await client.query("select pg_reload_conf()");
      });
      await sleep(200);
    };
    await set("set default_transaction_read_only = on");
    return () => set("reset default_transaction_read_only");
  },
  "a server whose volume is full": async (url) => {
    await postgres.query(
      url,
      `create function full_disk() returns trigger language plpgsql as $$ begin raise sqlstate '53100'; end $$;
      create trigger full_disk before insert on audit_logs for each row execute function full_disk()`,
    );
    return () => postgres.query(url, "drop trigger full_disk on audit_logs");
  },
  "a replica": async (url) => {
    await postgres.server.stop();
    const signal = path.join(postgres.server.directory, "data", "standby.signal");
    fs.writeFileSync(signal, "");
    // The server opens it for writing, under its own user.
    fs.chmodSync(signal, 0o666);
    await postgres.server.restart();
    return () => postgres.query(url, "select pg_promote()");
  },
};

test.each(Object.entries(REFUSALS))("%s answers reads, whose entries are in the service's log", async (_, refuse) => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { OUTAGE_WAIT_MS: "60000" });
  await call(service, "POST /internal/assessments", assessment());
  expect((await read(service, "before")).body.items).toHaveLength(1);
  const end = await refuse(url);
  try {
    for (const id of ["first", "second"]) expect((await read(service, id)).body.items).toHaveLength(1);
  } finally {
    await end();
  }
  expect(kept(service)).toEqual(["first", "second"]);
  expect(await unwritten(service)).toBe(2);
  // It tries again within a second.
  await sleep(1100);
  expect((await read(service, "after")).body.items).toHaveLength(1);
  expect(await logged(url)).toEqual(["before", "after"]);
});

test("while every commit waits for a replica, reads are answered, and their entries are in both logs or in the service's", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { STATEMENT_TIMEOUT_MS: "3000" });
  const replicas = async (names: string) => {
    await postgres.query(url, `alter system set synchronous_standby_names = '${names}'`);
    await postgres.query(url, "select pg_reload_conf()");
    await sleep(200);
  };
  await replicas("gone");
  try {
    expect((await read(service, "stalled")).status).toBe(200);
    const began = performance.now();
    const times = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        expect((await read(service, `quick ${n}`)).status).toBe(200);
        return performance.now() - began;
      }),
    );
    // One of them may find out anew.
    expect(times.filter((time) => time > 3000).length).toBeLessThanOrEqual(1);
    expect(kept(service)).toHaveLength(11);
    // The server has let go of commits that nobody waits for.
    await eventually(async () => (await waiting(url, "SyncRep")) === 0);
  } finally {
    await replicas("");
  }
  await sleep(1100);
  expect((await read(service, "after")).status).toBe(200);
  // Those that waited were committed, and only the replica was missing.
  const entries = await logged(url);
  expect([entries[0], entries.at(-1)]).toEqual(["stalled", "after"]);
  expect(entries.length).toBeLessThanOrEqual(3);
});
