import { Client } from "pg";
import { examine } from "../../lib/migrator/analysis/examine";
import { blocksWrites } from "../../lib/migrator/analysis/locks";
import { readSchema } from "../../lib/migrator/analysis/read-schema";
import type { Schema } from "../../lib/migrator/analysis/schema";
import { findings } from "../../lib/migrator/lint/rules";
import { observe, relationsBefore } from "../migrator/analysis/observe";
import { usePostgres } from "../support/postgres";

// Registered first, so that it is closed before its server stops.
afterAll(() => client.end());
const postgres = usePostgres();
const COLUMNS = "id int not null, a int, b varchar(20)";
const ROWS = "select n, n, 'b' from generate_series(1, 50) n";
const INDEXES = "create index x_i on x (b); create unique index x_u on x (id, a);";

const KINDS: Readonly<Record<string, string>> = {
  table: `create table x (${COLUMNS}); insert into x ${ROWS}; ${INDEXES}`,
  partitioned: `create table x (${COLUMNS}) partition by range (id);
    create table x_1 partition of x for values from (1) to (20);
    create table x_2 partition of x default; insert into x ${ROWS}; ${INDEXES}`,
  nested: `create table x (${COLUMNS}) partition by range (id);
    create table x_1 partition of x for values from (1) to (20) partition by list (id);
    create table x_1_1 partition of x_1 default; create table x_2 partition of x default; insert into x ${ROWS}; ${INDEXES}`,
  quoted: `create table "X 1" (id int not null, "user" int) partition by range (id);
    create table "1 X" partition of "X 1" default; insert into "X 1" select n, n from generate_series(1, 50) n`,
  partition: `create table p (${COLUMNS}) partition by range (id);
    create table x partition of p for values from (1) to (100); insert into x ${ROWS}; ${INDEXES}`,
  parent: `create table x (${COLUMNS}); create table c () inherits (x); insert into x ${ROWS}; ${INDEXES}`,
  "partitioned one without a default": `create table x (${COLUMNS}) partition by range (id); create table y (${COLUMNS});
    insert into y ${ROWS}; create table l (${COLUMNS}) partition by list (b); create table m (${COLUMNS});
    insert into m ${ROWS}`,
  child: `create table p (${COLUMNS}); create table x () inherits (p); insert into x ${ROWS}; ${INDEXES}`,
  materialized: `create table t (${COLUMNS}); insert into t ${ROWS}; create materialized view x as select * from t; ${INDEXES}`,
};

const TABLES = ["table", "partitioned", "nested", "partition", "parent", "child"];

/** Statements, the kinds on which they have a way as SQL, and the rules that they break there. */
const CASES: readonly (readonly [sql: string, kinds: readonly string[], rules: string])[] = [
  ["create index n on x (a)", [...TABLES, "materialized"], "index-blocks-writes"],
  ["create unique index n on x (id, b)", [...TABLES, "materialized"], "index-blocks-writes"],
  ["create index on x (lower(b)) where a > 0", TABLES.filter((kind) => kind !== "nested"), "index-blocks-writes"],
  ["alter table x add constraint n check (a > 0)", TABLES, "check-scans"],
  ["alter table x add check (a > 0 or a in (1, 2))", TABLES, "check-scans"],
  ["alter table x add constraint n foreign key (a) references o", TABLES, "foreign-key-scans"],
  ["alter table x add foreign key (a) references o (id) on delete cascade", TABLES, "foreign-key-scans"],
  [
    "alter table x add constraint n foreign key (a) references o not valid",
    ["partitioned", "nested"],
    "fails-on-partitioned",
  ],
  ["alter table only x add foreign key (a) references o", ["partitioned"], "fails-on-partitioned"],
  ["alter table x add constraint n unique (id, b)", TABLES, "constraint-builds-index"],
  ["alter table x add primary key (id)", TABLES, "constraint-builds-index"],
  ["alter table x add constraint n primary key (id, a)", TABLES, "constraint-builds-index primary-key-scans"],
  ["alter table x add constraint n unique using index x_u", ["partitioned", "nested"], "fails-on-partitioned"],
  ["alter table x add constraint n exclude (id with =)", ["partitioned"], "fails-on-partitioned"],
  ["alter table x alter column a set not null", TABLES, "not-null-scans"],
  ["alter table x alter a set not null", ["table"], "not-null-scans"],
  [
    "alter table x attach partition y for values from (1) to (maxvalue)",
    ["partitioned one without a default"],
    "attach-scans",
  ],
  [
    "alter table x attach partition y for values from (1) to (51)",
    ["partitioned one without a default"],
    "attach-scans",
  ],
  ["alter table l attach partition m for values in ('a', 'b')", ["partitioned one without a default"], "attach-scans"],
  ['create index on "X 1" ("user")', ["quoted"], "index-blocks-writes"],
  ['alter table "X 1" add foreign key ("user") references public.o', ["quoted"], "foreign-key-scans"],
  ['alter table "X 1" add primary key (id, "user")', ["quoted"], "constraint-builds-index primary-key-scans"],
  ['alter table "1 X" add column n int', ["quoted"], "server-refuses"],
  ["reindex table x", [...TABLES, "materialized"], "reindex-blocks-writes"],
  ["reindex (verbose) index x_i", [...TABLES, "materialized"], "reindex-blocks-writes"],
  ["refresh materialized view x", ["materialized"], "refresh-blocks-reads"],
  ["create index concurrently n on x (a)", ["partitioned", "nested"], "fails-on-partitioned"],
  ["create index concurrently if not exists n on only x (a)", ["partitioned"], "fails-on-partitioned"],
  ["drop index concurrently x_i", ["partitioned"], "fails-on-partitioned"],
  ["alter table x detach partition x_1 concurrently", ["partitioned"], "fails-on-partitioned"],
  ["alter table x set (fillfactor = 80)", ["partitioned"], "fails-on-partitioned"],
  ["alter table only x add constraint n check (a > 0)", ["partitioned", "parent"], "server-refuses"],
  ["alter table x add column n int", ["partition"], "server-refuses"],
  ["alter table x drop column b", ["partition", "child"], "server-refuses"],
  ["alter table x alter column b type varchar(30)", ["partition", "child"], "server-refuses"],
];

let client: Client;

beforeAll(async () => {
  client = new Client({ connectionString: await postgres.createDatabase() });
  await client.connect();
});

interface File {
  readonly alone: boolean;
  readonly sql: readonly string[];
}

/** Reads the files out of an advice. */
function filesOf(instead: string): File[] {
  return instead.split(/(?=\b(?:File \d+|A file)\b(?:: | \())/).map((text) => ({
    alone: text.includes("-- migrate:no-transaction"),
    sql: [...text.matchAll(/`([^`]+);`/g)].map(([, sql = ""]) => sql),
  }));
}

/** The schema with every table for big. */
async function bigSchema(): Promise<Schema> {
  const schema = await readSchema(client);
  for (const relation of [...schema.relations()]) schema.put({ ...relation, rows: 1_000_000 });
  return schema;
}

const rulesOf = async (sql: string, schema: Schema) =>
  findings(await examine(sql, schema, { transactional: false }), { transactional: false, direction: "up" });

const each = CASES.flatMap(([sql, kinds, rules]) => kinds.map((kind) => [sql, kind, rules] as const));

test.each(each)("%s, on a %s", async (sql, kind, rules) => {
  await client.query(`drop schema public cascade; create schema public; create table o (id int primary key);
    insert into o select generate_series(1, 50); ${KINDS[kind]}`);
  const found = await rulesOf(sql, await bigSchema());
  expect([...new Set(found.map(({ rule }) => rule))].sort().join(" ")).toBe(rules);
  const [{ instead } = { instead: "" }] = found;
  const files = filesOf(instead);
  expect(files.flatMap((file) => file.sql)).not.toEqual([]);
  // An exclusion constraint's index is built under the lock wherever it is added.
  for (const file of files) await (sql.includes("exclude") ? client.query(file.sql.join(";")) : follow(file));
  if (/^(create|alter .* add)/.test(sql)) expect(await invalid()).toEqual([]);
});

/** Runs a file. Nobody is kept from reading or writing while it works long, and lint says so, too. */
async function follow({ alone, sql }: File): Promise<void> {
  const schema = await bigSchema();
  const rules = (await rulesOf(sql.join(";"), schema)).map(({ rule }) => rule);
  expect(rules.filter((rule) => !/^drop-/.test(rule))).toEqual([]);
  if (alone) for (const statement of sql) await client.query(statement);
  if (alone) return;
  await client.query("begin");
  const before = await relationsBefore(client);
  for (const statement of sql) await client.query(statement);
  const seen = [...(await observe(client, before))].filter(
    ([name, { kind: what, lock, work }]) =>
      work && lock && blocksWrites(lock) && /^[rpm]$/.test(what) && !/[.]o$/.test(name),
  );
  await client.query("commit");
  // EXCLUSIVE is the lock of REFRESH … CONCURRENTLY, which keeps out other refreshes.
  expect(
    seen.filter(([, { lock, kind: what }]) => !(lock === "EXCLUSIVE" && what === "m")).map(([name]) => name),
  ).toEqual([]);
}

/** Constraints and indexes that are not in force. */
async function invalid(): Promise<unknown[]> {
  const { rows } = await client.query(
    `select conname from pg_constraint where not convalidated and contype in ('c', 'f')
     union all select indexrelid::regclass::text from pg_index where not indisvalid`,
  );
  return rows;
}
