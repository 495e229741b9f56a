import * as fs from "node:fs";
import { Client } from "pg";
import { Clusters, drillArchive } from "../../lib/backup/archive-drill";
import { checkRelations } from "../../lib/backup/archive-drill/amcheck";
import { untilArchived } from "../../lib/backup/archive-drill/archived";
import {
  ARCHIVE_DRILL_STEPS,
  type ArchiveDrill,
  type ArchiveFindings,
} from "../../lib/backup/archive-drill/drill-archive";
import { HOLD, readMoment } from "../../lib/backup/archive-drill/moment";
import { connectionTo, RecoveringOperator, useArchived } from "../support/backup/archived-postgres";
import { FakeClusters, type Status } from "../support/backup/fake-clusters";

const archived = useArchived();
let fake: FakeClusters;
let operator: RecoveringOperator;

beforeEach(async () => {
  fake = await FakeClusters.start();
  operator = await RecoveringOperator.of(archived);
  fake.operator = operator;
});
afterEach(() => fake.remove());

const primary = () => connectionTo(archived.postgres.server);
const replica = () => connectionTo(archived.replica);
const said: string[] = [];

const drill = (changed: Partial<ArchiveDrill> = {}) =>
  drillArchive({
    clusters: changed.clusters ?? fake.clusters,
    manifest: {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      metadata: { name: "postgres-drill" },
      spec: { instances: 1, bootstrap: { recovery: { source: "postgres-archive" } } },
    },
    primary: primary(),
    replica: replica(),
    recovered: operator.connection,
    deadline: Date.now() + 60_000,
    everyMs: 50,
    say: (line) => said.push(line),
    ...changed,
  });

const results = ({ steps }: ArchiveFindings) => Object.fromEntries(steps.map(({ name, result }) => [name, result]));
const problem = ({ steps }: ArchiveFindings) => steps.find(({ result }) => result === "failed")?.problem;
const ALL_PASSED = Object.fromEntries(ARCHIVE_DRILL_STEPS.map((name) => [name, "passed"]));

const onPrimary = (sql: string) => archived.postgres.query(archived.postgres.server.url("diabrisk"), sql);

/** Writes in several sessions at once until it is told to stop: each transaction inserts, changes and deletes, and calls a sequence. */
async function writers(): Promise<() => Promise<number>> {
  await onPrimary("create table if not exists load (id bigserial primary key, step int, note text)");
  let stopped = false;
  let commits = 0;
  const writing = Array.from({ length: 4 }, async (_, writer) => {
    const client = new Client(primary());
    await client.connect();
    while (!stopped) {
      await client.query(`begin; insert into load (step, note) select ${writer}, md5(random()::text) from generate_series(1, 5);
        update load set note = md5(note) where id in (select id from load where step = ${writer} order by random() limit 2);
        delete from load where id in (select id from load where step = ${writer} order by id limit 1); commit`);
      commits++;
    }
    await client.end();
  });
  return async () => {
    stopped = true;
    await Promise.all(writing);
    return commits;
  };
}

describe("a drill", () => {
  test("finds every row and sequence equal while others write, and leaves no server and no pause behind", async () => {
    const stop = await writers();
    const found = await drill();
    expect(await stop()).toBeGreaterThan(20);
    expect([found.differences, problem(found)]).toEqual([[], undefined]);
    expect(results(found)).toEqual(ALL_PASSED);
    expect(found).toMatchObject({ result: "passed", lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) });
    expect(found.rows).toBeGreaterThan(20);
    expect(fake.asked).toEqual([
      "DELETE clusters/postgres-drill",
      "GET clusters/postgres-drill",
      "POST clusters",
      "GET clusters/postgres-drill",
      "DELETE clusters/postgres-drill",
      "GET clusters/postgres-drill",
    ]);
    expect(fake.cluster).toBeUndefined();
    const { rows } = await withReplica((client) => client.query("select pg_get_wal_replay_pause_state() as state"));
    expect(rows).toEqual([{ state: "not paused" }]);
  }, 120_000);

  test("names what differs: a changed row, a table too many, a sequence", async () => {
    await onPrimary("create table if not exists load (id bigserial primary key, step int, note text)");
    operator.harm =
      "update public.model_versions set is_active = not is_active; create table extra (); select nextval('load_id_seq')";
    const found = await drill();
    expect(results(found)).toEqual({ ...ALL_PASSED, compare: "failed" });
    expect(found.result).toBe("failed");
    expect(found.differences).toEqual([
      "table public.extra is not in the replica",
      expect.stringMatching(
        /^table public\.model_versions: 1 row in both, but not the same; hash \S+ in the replica, \S+ here$/,
      ),
      expect.stringMatching(/^sequence public\.load_id_seq: .* in the replica, .* here$/),
    ]);
  }, 120_000);

  test("tells a recovery that has one commit more", async () => {
    await onPrimary("create table if not exists load (id bigserial primary key, step int, note text)");
    const create = operator.create.bind(operator);
    operator.create = ({ spec, ...cluster }) => {
      onPrimary("insert into load (step) values (99)")
        .then(() => onPrimary("select pg_current_wal_insert_lsn()::text as lsn"))
        .then(async ([row]) => {
          await untilArchived(primary(), Date.now() + 30_000);
          const recoveryTarget = { targetLSN: row?.lsn, exclusive: true };
          create({
            ...cluster,
            spec: { ...spec, bootstrap: { recovery: { source: "postgres-archive", recoveryTarget } } },
          });
        });
    };
    const found = await drill();
    expect(results(found)).toEqual({ ...ALL_PASSED, compare: "failed" });
    expect(found.differences).toEqual([
      expect.stringMatching(/^table public\.load: \d+ rows? in the replica, \d+ here; hash /),
    ]);
  }, 120_000);

  test("removes what an earlier one left, before it begins", async () => {
    fake.cluster = {
      ...{ apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata: { name: "postgres-drill" } },
      spec: { bootstrap: { recovery: { source: "old" } } },
    };
    await drill({ replica: primary() });
    expect(fake.asked[0]).toBe("DELETE clusters/postgres-drill");
    expect(fake.cluster).toBeUndefined();
  });

  test.each<[string, Status, RegExp]>([
    [
      "is not ready in time",
      { phase: "Setting up primary", phaseReason: "no space" },
      /^The time for the recovery is over: Setting up primary, no space\.$/,
    ],
    ["that nobody looks at", {}, /over: no operator has looked at it\.$/],
    [
      "that cannot be",
      { phase: "Cluster is unrecoverable and needs manual intervention" },
      /^The Cluster cannot be recovered: Cluster is unrec/,
    ],
  ])(
    "fails with a Cluster that %s, and removes it",
    async (_, status, message) => {
      fake.operator = { create: () => undefined, status: () => status, remove: async () => undefined };
      const found = await drill({ deadline: Date.now() + 8_000 });
      expect(problem(found)).toMatch(message);
      expect(results(found)).toEqual({ ...ALL_PASSED, recover: "failed", compare: "skipped", amcheck: "skipped" });
      expect(fake.cluster).toBeUndefined();
      expect(fake.asked.at(-2)).toBe("DELETE clusters/postgres-drill");
    },
    60_000,
  );

  test("says what the API server refuses, and which server does not answer", async () => {
    fake.refusal = (method) => (method === "POST" ? { code: 403, message: "exceeded quota: diabrisk" } : undefined);
    expect(problem(await drill())).toMatch(
      /^POST http:\S+\/namespaces\/hospital\/clusters was answered 403: exceeded quota: diabrisk$/,
    );
    fake.refusal = (method) => (method === "POST" ? { code: 404, message: "the server could not find it" } : undefined);
    expect(problem(await drill())).toMatch(/knows no Clusters\. Install CloudNativePG/);
    const { server } = fake;
    await fake.close();
    const found = await drill({ clusters: new Clusters(server) });
    expect(results(found)).toMatchObject({ clear: "failed", snapshot: "skipped", remove: "failed" });
    expect(problem(found)).toMatch(
      /^DELETE http:\S+ has failed: .*ECONNREFUSED.* Compare the stage's network\.apiServer/,
    );
  }, 60_000);

  test("fails where the archive does not go on, with its last file", async () => {
    fs.renameSync(archived.archive, `${archived.archive}-gone`);
    try {
      expect(problem(await drill({ deadline: Date.now() + 6_000 }))).toMatch(
        /^The time for the archive of the log is over: [0-9A-F]{24} is not archived, /,
      );
    } finally {
      fs.renameSync(`${archived.archive}-gone`, archived.archive);
    }
  }, 60_000);
});

async function withReplica<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
  return archived.postgres.connected(archived.replica.url("diabrisk"), use);
}

describe("the moment of a replica", () => {
  test("is none on a primary", () =>
    expect(readMoment(primary())).rejects.toThrow(/is no replica\. Run the drill again/));

  test("is not taken where somebody has paused it, who stays undisturbed", async () => {
    await withReplica(async (client) => {
      await client.query("select pg_wal_replay_pause()");
      await expect(readMoment(replica())).rejects.toThrow(
        /Somebody has paused the replay .* select pg_wal_replay_resume\(\)/,
      );
      expect((await client.query("select pg_is_wal_replay_paused() as is")).rows).toEqual([{ is: true }]);
      await client.query("select pg_wal_replay_resume()");
    });
  });

  test("holds replay no longer than its seconds, though the program is killed", async () => {
    const killed = new Client(replica());
    killed.on("error", () => undefined);
    await killed.connect();
    killed.query(HOLD).catch(() => undefined);
    const isPaused = async () =>
      (await withReplica((client) => client.query("select pg_is_wal_replay_paused() as is"))).rows[0].is as boolean;
    while (!(await isPaused())) await new Promise((resolve) => setTimeout(resolve, 10));
    (killed as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    const began = Date.now();
    while (await isPaused()) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(Date.now() - began).toBeLessThan(7000);
  }, 20_000);
});

test("an index that lacks a row is named", async () => {
  const url = await archived.postgres.createDatabase();
  await archived.postgres.connected(url, async (client) => {
    expect(await checkRelations(client)).toEqual([]);
    await client.query(`create function lie(int) returns int immutable language plpgsql as 'begin return $1; end';
      create table t as select generate_series(1, 9) as i; create index t_lie on t (lie(i))`);
    expect(await checkRelations(client)).toEqual([]);
    await client.query(
      "create or replace function lie(int) returns int immutable language plpgsql as 'begin return -$1; end'",
    );
    expect(await checkRelations(client)).toEqual([
      expect.stringMatching(/^index t_lie is damaged: heap tuple .* lacks matching index tuple/),
    ]);
  });
});
