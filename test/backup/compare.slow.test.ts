import { type DatabaseContents, readContents } from "../../lib/backup/contents";
import { differences } from "../../lib/backup/differences";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const contentsOf = (url: string) => readContents({ connectionString: url });

/** A migrated database with some rows, and what a backup of it would hold. */
async function backedUp(): Promise<{ url: string; backup: DatabaseContents }> {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(
    url,
    `insert into audit_logs (action, resource_type, request_metadata)
     select 'login', 'user', jsonb_build_object('try', n) from generate_series(1, 20) n`,
  );
  return { url, backup: await contentsOf(url) };
}

/** The differences after some SQL. */
async function after(sql: string): Promise<string[]> {
  const { url, backup } = await backedUp();
  await postgres.query(url, sql);
  return differences(backup, await contentsOf(url));
}

test("the same database is the same, and its contents tell what they are of", async () => {
  const { url, backup } = await backedUp();
  expect(differences(backup, await contentsOf(url))).toEqual([]);
  expect(backup).toMatchObject({ serverVersion: expect.stringMatching(/^16\./), schema: { version: 7 } });
  expect(backup.schema.migrations.map(({ name }) => name)).toContain("000001_create_users");
  // The audit log's rows are in the partition of their month.
  const month = expect.stringMatching(/^audit\.logs_\d{4}_\d\d$/);
  expect(backup.tables).toContainEqual({ name: month, rows: 20, hash: expect.stringMatching(/^-?\d+$/) });
  expect(backup.sequences).toContainEqual({ name: "public.audit_logs_id_seq", value: "20", called: true });
});

test("rows written in another order are the same", async () => {
  expect(
    await after(
      "create table kept as table audit_logs; set session_replication_role = replica; truncate audit_logs;" +
        "insert into audit_logs overriding system value select * from kept order by id desc; drop table kept",
    ),
  ).toEqual([]);
});

test.each<[string, string, string | RegExp]>([
  [
    "one byte of one row",
    "update users set email = 'bdmin@diabrisk.local' where email like 'admin@%'",
    "table public.users: 2 rows in both, but not the same; hash ",
  ],
  [
    "a missing row",
    "alter table audit_logs disable trigger all; delete from audit_logs where id = 7",
    /^table audit\.logs_\d{4}_\d\d: 20 rows in the backup, 19 here; hash /,
  ],
  [
    "a row more",
    "insert into audit_logs (id, action, resource_type) overriding system value values (7000, 'login', 'user')",
    /^table audit\.logs_\d{4}_\d\d: 20 rows in the backup, 21 here; hash /,
  ],
  [
    "an empty value where there was none",
    "alter table audit_logs disable trigger all; update audit_logs set ip_address = '::1' where id = 3",
    /^table audit\.logs_\d{4}_\d\d: 20 rows in both, but not the same; hash /,
  ],
  [
    "two values that changed places",
    "alter table audit_logs disable trigger all; update audit_logs a set request_metadata = b.request_metadata from audit_logs b where (a.id, b.id) in ((3, 4), (4, 3))",
    /^table audit\.logs_\d{4}_\d\d: 20 rows in both, but not the same; hash /,
  ],
  [
    "a sequence that went on",
    "select nextval('audit_logs_id_seq')",
    "sequence public.audit_logs_id_seq: 20 in the backup, 21 here",
  ],
  [
    "a sequence set back",
    "select setval('audit_logs_id_seq', 20, false)",
    /^sequence public\.audit_logs_id_seq: 20 in the backup, 20 \(not called yet\) here$/,
  ],
  ["a missing table", "drop table reports", "table public.reports is missing"],
  ["a surplus table", `create table "Left over" (t text)`, `table public."Left over" is not in the backup`],
  [
    "another text of a migration",
    `update migrate.history set checksum = repeat('0', 64) where version = 3`,
    "migration 000003_create_assessments: checksum ",
  ],
  [
    "a missing migration",
    "update migrate.history set reverted_at = now(), reverted_by = 'me' where version = 7",
    "migration 000007_seed_data is missing",
  ],
  ["another version", "update schema_migrations set version = 6", "schema version: 7 in the backup, 6 here"],
])("%s is named", async (_, sql, expected) => {
  expect(await after(sql)).toContainEqual(expect.stringMatching(expected));
});

test("every difference is told at once", async () => {
  const found = await after(
    `drop table reports; create table surplus (); update users set role = 'admin'; select nextval('audit_logs_id_seq');`,
  );
  expect(found).toEqual([
    "table public.reports is missing",
    "table public.surplus is not in the backup",
    expect.stringMatching(/^table public.users: 2 rows in both/),
    "sequence public.audit_logs_id_seq: 20 in the backup, 21 here",
  ]);
});

test("settings of server and role change nothing", async () => {
  const url = await postgres.createMigratedDatabase();
  const name = new URL(url).pathname.slice(1);
  await postgres.query(
    url,
    `create table kinds as select now() as at, interval '1 day 2 hours' as span, 0.1::float8 + 0.2 as sum, '\\x00ff'::bytea as bytes,
       '12.50'::money as price, 'public.users'::regclass as class, current_date as day, 1.1::float4 as short`,
  );
  const before = await contentsOf(url);
  for (const setting of [
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = -5",
    "bytea_output = 'escape'",
    "search_path = 'public'",
    "statement_timeout = '1ms'",
    "row_security = 'on'",
  ]) {
    await postgres.query(url, `alter database "${name}" set ${setting}`);
  }
  expect((await contentsOf(url)).tables).toEqual(before.tables);
});

test("a table that the user may not read is an error that names it", async () => {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(url, "create role looks login password 'looks'; grant usage on schema public, migrate to looks");
  const asOther = new URL(url);
  Object.assign(asOther, { username: "looks", password: "looks" });
  await expect(contentsOf(String(asOther))).rejects.toThrow(/permission denied for table /);
});

test("names, columns and values that need quoting, partitions and empty tables are all counted", async () => {
  const url = await postgres.createDatabase();
  await postgres.query(
    url,
    `create schema "A b"; create table "A b"."t<&>'""" (t int, "x""<" text); insert into "A b"."t<&>'""" values (1, '<&>''"');
     create table nothing (); insert into nothing default values; create temp table gone ();
     create table whole (a int) partition by list (a); create table part partition of whole for values in (1);
     insert into whole values (1), (1); create sequence last start 9223372036854775807 maxvalue 9223372036854775807`,
  );
  const { tables, sequences, schema } = await contentsOf(url);
  expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
    [`"A b"."t<&>'"""`, 1],
    ["public.nothing", 1],
    ["public.part", 2],
  ]);
  expect(sequences).toEqual([{ name: "public.last", value: "9223372036854775807", called: false }]);
  expect(schema).toEqual({ version: null, migrations: [] });
});
