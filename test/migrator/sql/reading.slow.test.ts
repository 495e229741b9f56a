import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import type { Node } from "libpg-query";
import { readText } from "../../../lib/migrator/base/text";
import { natureOf } from "../../../lib/migrator/sql/nature";
import { type ParseNode, parse } from "../../../lib/migrator/sql/parser";
import { isCertainlyPlain, refusalOf } from "../../../lib/migrator/sql/refusals";
import { scan } from "../../../lib/migrator/sql/scanner";
import { option } from "../../../lib/migrator/sql/tree";
import { usePostgres } from "../../support/postgres";
import { holds } from "../support/seeded";
import { script } from "./soup";

const postgres = usePostgres();

async function one(sql: string): Promise<ParseNode> {
  const [statement] = await parse(sql);
  if (!statement) throw new Error(`No statement: ${sql}`);
  return statement.node;
}

/** The server's SQLSTATE for a statement, in a transaction or by itself. */
async function sqlstate(url: string, sql: string, inTransaction: boolean): Promise<string | undefined> {
  return postgres.connected(url, async (client) => {
    if (inTransaction) await client.query("begin");
    return client.query(sql).then(
      () => undefined,
      ({ code }: { code: string }) => code,
    );
  });
}

const SPELLINGS = [
  ...[
    "",
    "true",
    "false",
    "on",
    "off",
    "1",
    "0",
    "+1",
    "-0",
    "0x0",
    "0x1",
    "0b1",
    "2",
    "-1",
    "0.0",
    "1.0",
    "yes",
    "no",
  ],
  ...["'OFF'", "'True'", '"off"', '"ON"', "'no'", "'0'", "'1'", "t", "f", "OFF", "oFf", "E'\\x6fff'", "''", "auto"],
];

const rowsOf = (url: string, sql: string) => postgres.query<Record<string, unknown>>(url, sql);
const filenode = async (url: string) =>
  JSON.stringify(await rowsOf(url, "select relfilenode from pg_class where relname = 't'"));
const outside = async (url: string, sql: string) => (await sqlstate(url, sql, true)) === "25001";

/** Effects of a statement whose option is on. */
const FORMS = {
  "reindex (concurrently X) table t": { kind: "ReindexStmt", name: "concurrently", isOn: outside },
  "create subscription s connection 'host=/nowhere' publication p with (connect X)": {
    kind: "CreateSubscriptionStmt",
    name: "connect",
    isOn: outside,
  },
  "explain (analyze X) select 1": {
    kind: "ExplainStmt",
    name: "analyze",
    isOn: async (url: string, sql: string) => JSON.stringify(await rowsOf(url, sql)).includes("actual time"),
  },
  "vacuum (full X) t": {
    kind: "VacuumStmt",
    name: "full",
    isOn: async (url: string, sql: string) => {
      const before = await filenode(url);
      await rowsOf(url, sql);
      return (await filenode(url)) !== before;
    },
  },
} as const;

test.each(Object.entries(FORMS))(
  "%s: an option means what it means to the server",
  async (form, { kind, name, isOn }) => {
    const url = await database();
    const read: Record<string, boolean | undefined> = {};
    const servers: Record<string, boolean | undefined> = {};
    for (const spelling of SPELLINGS) {
      const sql = form.replace("X", form.includes("with (") && spelling !== "" ? `= ${spelling}` : spelling);
      const node = await one(sql).catch(() => ({}));
      const body = (node as Record<string, { params?: Node[]; options?: Node[] }>)[kind];
      read[spelling] = option(body?.params ?? body?.options, name);
      // 25001 is an answer, too. Any other code is a refusal of the value.
      const code = await sqlstate(url, sql, isOn === outside);
      servers[spelling] = code === undefined || code === "25001" ? await isOn(url, sql) : undefined;
    }
    expect(read).toEqual(servers);
    expect(new Set(Object.values(servers))).toEqual(new Set([true, false, undefined]));
  },
);

test.each([
  ["reindex (concurrently on, concurrently off) table t", false],
  ["reindex (concurrently off, concurrently) table t", true],
  ["reindex (concurrently off) table concurrently t", true],
])("of several the last one counts: %s", async (sql, concurrently) => {
  expect(await sqlstate(await database(), sql, true)).toBe(concurrently ? "25001" : undefined);
  expect(natureOf(await one(sql)).kind).toBe(concurrently ? "reindex" : "transaction");
});

test.each([
  [
    "create index concurrently on s.t (a, (b || c)) include (d)",
    { kind: "create-index", table: '"s"."t"', unique: false, keys: 2 },
  ],
  [
    "create unique index concurrently I on T (a)",
    { kind: "create-index", table: '"t"', index: "i", unique: true, keys: 1 },
  ],
  ['drop index concurrently if exists s."I""x"', { kind: "drop-index", index: '"s"."I""x"' }],
  ["reindex table concurrently s.t", { kind: "reindex", relation: '"s"."t"' }],
  ["reindex schema concurrently s", { kind: "reindex" }],
  ["reindex (concurrently off) schema s", { kind: "plain" }],
  ["alter table s.p detach partition P1 concurrently", { kind: "detach", parent: '"s"."p"', partition: '"p1"' }],
  ["alter table p detach partition p1 finalize", { kind: "transaction" }],
  ["create database D", { kind: "create-database", name: "d" }],
  ["drop tablespace t", { kind: "drop-tablespace", name: "t" }],
  [
    "create subscription s connection '' publication p with (create_slot = on, connect)",
    { kind: "create-subscription", name: "s" },
  ],
])("the nature of %s", async (sql, nature) => expect(natureOf(await one(sql))).toEqual(nature));

let made: Promise<string> | undefined;
/** One database for all that fail or change nothing. */
function database(): Promise<string> {
  made ??= (async () => {
    const url = await postgres.createDatabase();
    await postgres.query(
      url,
      `create table t (id int primary key); create table p (id int) partition by range (id);
      create table p1 partition of p for values from (1) to (2); create index i on t (id);
      create materialized view m as select 1 as id; create unique index on m (id); create publication p; create table concurrently_t ()`,
    );
    await postgres.query(
      url,
      "create subscription made connection 'host=/nowhere' publication p with (connect = false, slot_name = 'made')",
    );
    return url;
  })();
  return made;
}

/** Statements that the server refuses in a transaction, in the forms that differ, and neighbours that it does not. */
const STATEMENTS = [
  ...[
    "create index concurrently on t (id)",
    "create index x on t (id)",
    "create unique index concurrently if not exists x on t (id)",
  ],
  ...["drop index concurrently i", "drop index i", "drop index concurrently if exists nowhere"],
  ...["reindex table t", "reindex table concurrently t", "reindex index concurrently i", "reindex (verbose) index i"],
  ...[
    "reindex schema public",
    "reindex (concurrently 0) schema public",
    "reindex database",
    "reindex system",
    "reindex (concurrently false) database",
  ],
  ...[
    "alter table p detach partition p1",
    "alter table p detach partition p1 concurrently",
    'alter table only public."p" detach partition p1 concurrently',
  ],
  ...["vacuum", "vacuum t", "vacuum full t", "vacuum (full 0) t", "analyze", "analyze t", "analyze (verbose) t"],
  ...["cluster", "cluster t using t_pkey", "cluster verbose", "checkpoint"],
  ...["refresh materialized view m", "refresh materialized view concurrently m"],
  ...["create database x", "drop database nowhere", "alter database postgres set tablespace pg_default"],
  ...[
    "alter database postgres with connection limit 5",
    "alter database postgres set work_mem = '5MB'",
    "alter database postgres refresh collation version",
  ],
  ...["create tablespace x location '/nowhere'", "drop tablespace nowhere"],
  ...[
    "create subscription x connection 'host=/nowhere' publication p",
    "create subscription x connection 'host=/nowhere' publication p with (connect = false)",
  ],
  ...[
    "create subscription x connection 'host=/nowhere' publication p with (create_slot = off)",
    "create subscription x connection 'host=/nowhere' publication p with (connect = true)",
  ],
  ...[
    "alter subscription made refresh publication",
    "alter subscription made set publication p",
    "alter subscription made set publication p with (refresh = false)",
  ],
  ...[
    "alter subscription made add publication q",
    "alter subscription made disable",
    "alter subscription made set (binary = on)",
    "drop subscription made",
  ],
  ...["alter system set work_mem = '5MB'", "alter system reset work_mem", "discard all", "discard plans"],
  ...[
    "commit prepared 'nowhere'",
    "rollback prepared 'nowhere'",
    "savepoint a",
    "set transaction read only",
    "lock table t",
    "listen x",
    "load 'plpgsql'",
  ],
  ...[
    "comment on database postgres is 'x'",
    "grant connect on database postgres to public",
    "create table x () tablespace pg_default",
  ],
];

test.each(STATEMENTS)("%s runs in a transaction, by our reading, if it does on the server", async (sql) => {
  const url = await database();
  // Refused for something else than the transaction: it had come further.
  const refused = (await sqlstate(url, sql, true)) === "25001";
  // The server refuses to refresh a subscription that is not enabled before it looks at the transaction.
  const late = /^alter subscription made (refresh|set publication p$|add)/.test(sql);
  expect(natureOf(await one(sql)).kind !== "transaction").toBe(refused || late);
});

/** Statements that are refused in one kind of file or the other, in ways that are easily overlooked. */
const REFUSED = [
  ...[
    "begin",
    "start transaction read only",
    "commit",
    "end work",
    "abort",
    "rollback",
    "rollback and chain",
    "prepare transaction 'x'",
  ],
  ...[
    "/* a */ commit -- b",
    "select pg_advisory_unlock_all()",
    'select "pg_advisory_unlock_all"()',
    "select 1, pg_catalog.PG_advisory_unlock_ALL()",
  ],
  ...[String.raw`select u&"pg_advisory_unlock\005fall"()`, "with a as (select pg_advisory_unlock_all()) select from a"],
  ...[
    "reset all",
    "set transaction isolation level serializable",
    "set local transaction read only",
    'set "transaction_read_only" = on',
  ],
  ...[
    "set session transaction_isolation to serializable",
    "set transaction snapshot 'x'",
    String.raw`set u&"transaction_read\005fonly" = on`,
  ],
  ...STATEMENTS,
];

test("no statement that is refused is taken for certainly plain", async () => {
  const refused: string[] = [];
  for (const sql of REFUSED) {
    const node = await one(sql);
    if (refusalOf(node, true) ?? refusalOf(node, false)) refused.push(sql);
  }
  expect(refused.length).toBeGreaterThan(50);
  for (const sql of refused)
    for (const { start, end, words } of scan(sql).statements)
      expect([sql, isCertainlyPlain(sql, { start, end, words })]).toEqual([sql, false]);
});

test("a subscription without a slot is made and dropped in one transaction, as the server allows", async () => {
  const sql = `create subscription own connection 'host=/nowhere' publication p with (connect = off);
    alter subscription own set (slot_name = none); drop subscription own`;
  for (const { node } of await parse(sql)) expect(refusalOf(node, true)).toBeUndefined();
  expect(await sqlstate(await database(), `begin; ${sql}; rollback`, false)).toBeUndefined();
});

async function agreesOnPlain(text: string): Promise<void> {
  for (const statement of scan(text).statements) {
    if (!isCertainlyPlain(text, statement)) continue;
    const parsed = await parse(text.slice(statement.start, statement.end)).catch(() => []);
    for (const { node } of parsed)
      expect([refusalOf(node, true), refusalOf(node, false)]).toEqual([undefined, undefined]);
  }
}

const CORPUS = path.join(__dirname, "corpus");
const MIGRATIONS = path.join(__dirname, "../../../migrations");
const files = [CORPUS, MIGRATIONS].flatMap((folder) =>
  fs.readdirSync(folder).flatMap((file) => (file.endsWith(".sql") ? [path.join(folder, file)] : [])),
);

test.each(files)("what is certainly plain in %s is", async (file) => agreesOnPlain(readText(file, []) ?? ""));

test("and in generated statements", async () => {
  await holds(fc.asyncProperty(script, agreesOnPlain), { runs: 300 });
});

test("the project's own migrations are plain throughout, so that a release loads no parser to run them", () => {
  for (const file of files.filter((each) => each.startsWith(MIGRATIONS))) {
    const text = readText(file, []) ?? "";
    const unclear = scan(text).statements.filter((statement) => !isCertainlyPlain(text, statement));
    expect(unclear.map(({ start, end }) => text.slice(start, end))).toEqual([]);
  }
});
