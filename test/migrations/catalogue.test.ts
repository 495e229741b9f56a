import * as path from "node:path";
import { TABLES } from "../../lib/contract";
import { readCatalogue } from "../../lib/migrator/catalogue";
import { describeSchema, isMonth } from "./describe";
import { runFiles, useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

test("the schema is what catalogue.txt says", async () => {
  expect(await describeSchema(database.client)).toMatchFile(path.join(__dirname, "catalogue.txt"));
});

test("the tables are those of the contract, but schema_migrations, which is the migrator's to make", async () => {
  const rows = await database.rows<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  expect(rows.map(({ name }) => name)).toEqual(TABLES.filter((table) => table !== "schema_migrations"));
});

test("every month of the log has what its default partition has", async () => {
  const catalogue = await readCatalogue(database.client);
  const partsOf = (partition: string) =>
    catalogue
      .filter(({ parent }) => parent === partition)
      .map(({ kind, name, definition, comment }) =>
        `${kind} ${name} ${definition} ${comment}`.replaceAll(partition.replace("audit.", ""), "partition"),
      );
  const months = catalogue.filter((entry) => entry.kind === "table" && isMonth(entry));
  expect(months).toHaveLength(13);
  expect(partsOf("audit.logs_default").length).toBeGreaterThan(20);
  for (const { name } of months) expect(partsOf(name)).toEqual(partsOf("audit.logs_default"));
});

/** The schemas that migrations make or fill, but for views, whose columns tell the same. */
const OURS = "array['public', 'erasure', 'audit']::regnamespace[]";

test("every table, column, index and function says what it is for", async () => {
  const silent = await database.rows(`
    select c.relname as name, a.attname as column from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = any (${OURS}) and c.relkind in ('r', 'p') and not c.relispartition
      and col_description(c.oid, a.attnum) is null
    union all
    select relname, null from pg_class c where relnamespace = any (${OURS}) and relkind in ('r', 'p', 'i', 'I')
      and not (relispartition and relkind = 'i') and obj_description(oid, 'pg_class') is null
      and not exists (select from pg_constraint where conindid = c.oid and contype in ('p', 'u'))
    union all
    select proname, null from pg_proc where pronamespace = any (${OURS}) and obj_description(oid, 'pg_proc') is null`);
  expect(silent).toEqual([]);
});

test("every foreign key leads an index that has all rows", async () => {
  const slow = await database.rows(`
    select conname from pg_constraint k where contype = 'f' and not exists (
      select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1] and i.indpred is null)`);
  expect(slow).toEqual([]);
});

test("every time is a timestamptz, every id but the log's a uuid", async () => {
  const odd = await database.rows(`
    select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'
      and (data_type like 'timestamp without%' or data_type = 'date' or column_name = 'id' and data_type <> 'uuid')`);
  expect(odd).toEqual([{ table_name: "audit_logs", column_name: "id", data_type: "bigint" }]);
});

test("no index repeats what a unique constraint indexes, and none keeps last_activity from updates in place", async () => {
  const indexes = await database.rows<{ definition: string }>(
    "select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid::regclass::text !~ '^pg_'",
  );
  const columns = indexes.map(({ definition }) => definition.replace(/^.* USING /, ""));
  expect(columns.filter((definition) => /last_activity|role|request_metadata/.test(definition))).toEqual([]);
  expect(columns.filter((definition) => /^btree \(token_hash\)/.test(definition))).toHaveLength(1);
  expect(columns.filter((definition) => /^btree \(assessment_id, format\)/.test(definition))).toHaveLength(1);
});

test("every function pins its search_path, and the privileged one is not everybody's", async () => {
  const loose = await database.rows(`
    select proname from pg_proc where pronamespace = 'public'::regnamespace
      and not coalesce(array_to_string(proconfig, ',') like 'search_path=%', false)`);
  expect(loose).toEqual([]);
  const open = await database.rows(`
    select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) acl
    where pronamespace = 'public'::regnamespace and prosecdef and acl.grantee = 0`);
  expect(open).toEqual([]);
});

/** How much there is in every catalogue that a migration could leave something in. */
const CATALOGUE_SIZES = `select ${[
  "class",
  "attribute",
  "attrdef",
  "type",
  "proc",
  "constraint",
  "trigger",
  "index",
  "sequence",
  "description",
  "depend",
  "namespace",
  "extension",
  "default_acl",
  "init_privs",
  "statistic_ext",
  "db_role_setting",
]
  .map((name) => `(select count(*) from pg_${name}) as ${name}`)
  .join(", ")}`;

test("down to 0 leaves nothing behind, and up again gives the same", async () => {
  await database.client.query("rollback");
  const url = await database.postgres.createDatabase();
  await database.postgres.connected(url, async (client) => {
    const before = (await client.query(CATALOGUE_SIZES)).rows;
    await runFiles(client, "up");
    const migrated = await describeSchema(client);
    await runFiles(client, "down");
    expect((await client.query(CATALOGUE_SIZES)).rows).toEqual(before);
    await runFiles(client, "up");
    expect(await describeSchema(client)).toBe(migrated);
  });
});

test("a dump makes every function and check anew as it was, so that `migrate verify` finds a restored database the same", async () => {
  const functions = `
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as definition
    from pg_proc where pronamespace = 'public'::regnamespace and prosqlbody is not null order by 1`;
  const checks = `
    select conrelid::regclass || ' ' || quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'c' and conrelid <> 0 and coninhcount = 0 and connamespace = any (${OURS}) order by 1`;
  const [functionsBefore, checksBefore] = [
    await database.rows<{ definition: string }>(functions),
    await database.rows<{ name: string; definition: string }>(checks),
  ];
  expect(functionsBefore.length).toBeGreaterThan(0);
  expect(checksBefore.length).toBeGreaterThan(0);
  for (const { definition } of functionsBefore) await database.rows(definition);
  for (const { name, definition } of checksBefore) {
    const [table, check] = name.split(" ");
    await database.rows(
      `alter table ${table} drop constraint ${check}; alter table ${table} add constraint ${check} ${definition}`,
    );
  }
  expect(await database.rows(functions)).toEqual(functionsBefore);
  expect(await database.rows(checks)).toEqual(checksBefore);
});
