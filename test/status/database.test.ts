import type { Client } from "pg";
import { type Ask, readSchemaRow, readServer, transactionsOf, writesOf } from "../../lib/status/database";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres({ settings: { max_connections: "20", superuser_reserved_connections: "3" } });

const asking =
  (client: Client): Ask =>
  async (sql) =>
    Object.values((await client.query(sql)).rows[0] ?? {})[0];

const server = (url: string) => postgres.connected(url, (client) => readServer(asking(client)));
const schema = (url: string) => postgres.connected(url, (client) => readSchemaRow(asking(client)));

test("a server tells of itself, without the session that asks", async () => {
  const url = await postgres.createMigratedDatabase();
  const found = await server(url);
  expect(found).toMatchObject({
    version: expect.stringMatching(/^16\./),
    inRecovery: false,
    readOnly: false,
    maxConnections: 17,
    usedConnections: 0,
    roles: [],
    oldestTransaction: null,
    standbys: [],
  });
  expect(Date.parse(found.startedAt)).toBeLessThan(Date.now());
});

test("connections and the oldest transaction are those of others, and a backup's is left out", async () => {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(
    url,
    `create role backup login superuser password 'a'; create role client;
     create role patient login password 'a' connection limit 2 in role client`,
  );
  const as = (role: string) => postgres.server.url(new URL(url).pathname.slice(1), role, "a");
  await postgres.connected(as("backup"), async (backup) => {
    await backup.query("begin; select 1");
    expect(await server(url)).toMatchObject({ usedConnections: 1, oldestTransaction: null });
    await postgres.connected(as("patient"), async (patient) => {
      await patient.query("begin");
      const pid = (await patient.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
      const found = await server(url);
      expect(found).toMatchObject({ usedConnections: 2, oldestTransaction: { seconds: 0, role: "patient", pid } });
      expect(found.roles).toEqual([
        { role: "backup", used: 1, most: -1, client: false },
        { role: "patient", used: 1, most: 2, client: true },
      ]);
      expect(transactionsOf(found)).toMatchObject({ state: "ok", values: { role: "patient", pid } });
    });
  });
});

test("a database that takes no new writes says so", async () => {
  const url = await postgres.createMigratedDatabase();
  const name = new URL(url).pathname.slice(1);
  await postgres.query(url, `alter database ${name} set default_transaction_read_only = on`);
  expect(writesOf(await server(url))).toMatchObject({ state: "failed", values: { readOnly: true } });
});

test("the schema's version is that of the migrations; a database without them has none", async () => {
  const url = await postgres.createMigratedDatabase();
  expect(await schema(url)).toEqual({ version: 7, dirty: false });
  await postgres.query(url, "update schema_migrations set dirty = true");
  expect(await schema(url)).toEqual({ version: 7, dirty: true });
  await postgres.query(url, "delete from schema_migrations");
  expect(await schema(url)).toBeUndefined();
  expect(await schema(await postgres.createDatabase())).toBeUndefined();
});
