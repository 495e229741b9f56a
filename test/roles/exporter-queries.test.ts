import { Client } from "pg";
import { CLUSTER_QUERIES } from "../../lib/constructs/postgres-cluster-metrics";
import { EXPORTER_QUERIES } from "../../lib/constructs/postgres-exporter-files";
import { SQL } from "../../lib/constructs/scripts";
import { usePostgres } from "../support/postgres";
import { Cluster } from "./support";

const postgres = usePostgres();
const cluster = new Cluster(postgres);
const DATABASE = "watched";
/** CloudNativePG's exporter asks as another role, of the same rights on statistics. */
const QUERIES = { ...EXPORTER_QUERIES, ...CLUSTER_QUERIES };

beforeAll(async () => {
  await cluster.create(DATABASE);
  await cluster.bootstrap(DATABASE);
  await cluster.up(DATABASE, "migrator");
});

type Row = Readonly<Record<string, number | string>>;

const asked = (name: string): Promise<Row[]> => {
  const query = QUERIES[name];
  if (!query) throw new Error(`There is no query ${name}.`);
  return cluster.query<Row>(DATABASE, SQL[query.sql], "monitor");
};
const health = async () => (await asked("pg_health"))[0];
const sessions = async (usename: string) => (await asked("pg_sessions")).find((row) => row.usename === usename);

/** A session of the superuser that ends with the test. */
async function session(...statements: readonly string[]): Promise<Client> {
  const client = new Client(cluster.connection(DATABASE));
  client.on("error", () => {});
  await client.connect();
  for (const statement of statements) await client.query(statement);
  return client;
}

test.each(Object.entries(QUERIES))("%s: monitor may ask, and every column is declared", async (name, query) => {
  const rows = await asked(name);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    expect(Object.keys(row).sort()).toEqual([...query.labels, ...Object.keys(query.gauges)].sort());
    for (const gauge of Object.keys(query.gauges)) expect([gauge, typeof row[gauge]]).toEqual([gauge, "number"]);
  }
});

test("a healthy database has nothing invalid, pending, damaged or unread", async () => {
  expect(await health()).toMatchObject({
    checksum_failures: 0,
    pending_restart: 0,
    invalid_indexes: 0,
    sequences_unread: 0,
  });
  expect((await health())?.xid_age).toBeGreaterThan(0);
});

test("the months ahead of the audit log, and whether its default partition has entries", async () => {
  expect(await health()).toMatchObject({ audit_months_ahead: 12, audit_in_default: 0 });
  await cluster.query(
    DATABASE,
    "insert into audit_logs (action, resource_type, \"timestamp\") values ('x', 'y', '2090-01-01')",
  );
  const drop = (ahead: number) =>
    cluster.query(
      DATABASE,
      `do $$ begin execute to_char(date_trunc('month', now() at time zone 'utc') + interval '${ahead} months', '"drop table audit.logs_"YYYY_MM'); end $$`,
    );
  await drop(4);
  expect(await health()).toMatchObject({ audit_months_ahead: 3, audit_in_default: 1 });
  await drop(0);
  expect(await health()).toMatchObject({ audit_months_ahead: -1 });
  await cluster.query(DATABASE, "select audit_logs_make_partitions(12)");
  expect(await health()).toMatchObject({ audit_months_ahead: 12 });
});

test("a database before its migrations has an answer, too", async () => {
  await cluster.create("empty");
  const rows = await cluster.query<Row>("empty", SQL["exporter-health"]);
  expect(rows).toMatchObject([{ audit_months_ahead: -1, audit_in_default: 0 }]);
});

test("a sequence that is nearly used up, an invalid index, a sequence that monitor may not read", async () => {
  await cluster.query(DATABASE, "select setval('audit_logs_id_seq', (9223372036854775807::numeric * 0.8)::bigint)");
  await cluster.query(DATABASE, "update pg_index set indisvalid = false where indexrelid = 'users_pkey'::regclass");
  await cluster.query(DATABASE, "create sequence hidden");
  expect(await health()).toMatchObject({
    sequence_used: expect.closeTo(0.8),
    invalid_indexes: 1,
    sequences_unread: 1,
  });
});

test("a session that holds a transaction and one that waits for it", async () => {
  const holder = await session("begin", "lock table reports");
  const waiter = await session("begin");
  const waiting = waiter.query("lock table reports");
  for (;;) {
    const row = await sessions("diabrisk");
    if (Number(row?.lock_wait_seconds) > 0) {
      expect(row).toMatchObject({ connections: 2, without_tls: 2 });
      expect(row?.idle_in_transaction_seconds).toBeGreaterThan(0);
      expect(row?.oldest_transaction_seconds).toBeGreaterThanOrEqual(Number(row?.idle_in_transaction_seconds));
      break;
    }
  }
  await holder.end();
  await waiting;
  await waiter.end();
});
