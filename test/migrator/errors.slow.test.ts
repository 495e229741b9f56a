import { Client } from "pg";
import { EXIT } from "../../lib/contract";
import type { MigrateErrorDetails } from "../../lib/migrator/base/errors";
import { runMigrate } from "../../lib/migrator/commands/run";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, publicTables } from "./support/database";
import { makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

let url: string;
beforeAll(async () => {
  url = await postgres.createDatabase();
});

/** Fails with `sql`, and leaves nothing behind, so that one database serves all. */
async function fails(sql: string): Promise<{ message: string; details: MigrateErrorDetails }> {
  const folder = makeFolder(pairs({ "000001_a": sql }));
  const { exitCode, message, details } = await failure(migratorFor(url, folder, { statementTimeoutSeconds: 1 }).up());
  expect(exitCode).toBe(EXIT.sql);
  expect(await publicTables(postgres, url)).toEqual([]);
  return { message: message.replaceAll(`${folder}/`, ""), details };
}

describe("values that are withheld", () => {
  /** Everything that a program or a person is told. */
  async function told(sql: string, checks = "") {
    const folder = makeFolder(pairs({ "000001_a": `${checks}${sql}` }));
    const { message, details } = await failure(migratorFor(url, folder, { withholdValues: true }).up());
    return { message, all: `${message}\n${JSON.stringify(details)}` };
  }

  test.each([
    ["a row that a check refuses", "create table t (a text check (a <> 'secret'))", "insert into t values ('secret')"],
    [
      "a key that is there already",
      "create table t (a text primary key)",
      "insert into t values ('secret'), ('secret')",
    ],
    [
      "text that is no number",
      "create table t as select 'secret' || chr(10) || 'secret' as a",
      "alter table t alter a type int using a::int",
    ],
    [
      "SQL that a function composed",
      "create table t as select 'secret' as a",
      "do $$ begin execute (select format('select %L::int', a) from t); end $$",
    ],
  ])("%s", async (_, before, sql) => {
    // The excerpt shows the file's own line, so the value is not in it.
    const { message, all } = await told(`${before};\n\n\n\n\n\n\n${sql.replaceAll("'secret'", "('sec' || 'ret')")};`);
    expect(all).not.toContain("secret");
    expect(message).toContain("SQLSTATE: 2");
    expect(message).toContain("Left out, since it may quote rows: ");
  });

  test("the place in a function stays, and so does an error that quotes no row", async () => {
    const { message } = await told("do $$\nbegin\n  perform nope;\nend $$");
    expect(message).toContain("SQLSTATE: 42703");
    expect(message).toContain("line 3 of its body");
  });

  test("the query of a session that is in the way", async () => {
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query("create table held ()");
    await other.query("begin; lock table held; select 'secret'");
    const events: string[] = [];
    const folder = makeFolder(pairs({ "000001_a": "drop table held;" }));
    const log = (event: object) => void events.push(JSON.stringify(event));
    const options = { withholdValues: true, lockTimeoutSeconds: 1, lockTries: 1, log };
    const { message, details } = await failure(migratorFor(url, folder, options).up({ allowExisting: true }));
    await other.query("rollback; drop table if exists held");
    await other.end();
    const all = [message, JSON.stringify(details), ...events].join("\n");
    expect(message).toContain("held by pid ");
    expect(events.join()).toContain('"event":"blocked"');
    expect(all).not.toContain("secret");
  });

  test("the row of a check that does not hold", async () => {
    const { message, all } = await told("select 1;", "-- check: select 'sec' || 'ret' as a\n");
    expect(all).not.toContain("secret");
    expect(message).toContain("does not hold");
  });
});

/** The source's line and the caret's line, without the gutter. */
function pointed(message: string): string[] {
  return message
    .split("\n")
    .slice(1, 3)
    .map((line) => line.slice(8));
}

describe("an error that the server gives a position for", () => {
  const cases: Record<string, { sql: string; line: number; column: number; shows: string[] }> = {
    "on the first line": { sql: "select nope;", line: 1, column: 8, shows: ["select nope;", "       ^"] },
    "on a later line": {
      sql: "-- why\nselect 1;\n  select nope;\n",
      line: 3,
      column: 10,
      shows: ["  select nope;", "         ^"],
    },
    "after tabs": { sql: "\tselect\tnope;", line: 1, column: 9, shows: ["\tselect\tnope;", "\t      \t^"] },
    "in a file with CRLF": {
      sql: "select 1;\r\nselect nope;\r\n",
      line: 2,
      column: 8,
      shows: ["select nope;", "       ^"],
    },
    "in a file with a byte order mark": {
      sql: "\ufeffselect nope;",
      line: 1,
      column: 8,
      shows: ["select nope;", "       ^"],
    },
    "after letters of several bytes": {
      sql: "select 'äöü', nope;",
      line: 1,
      column: 15,
      shows: ["select 'äöü', nope;", "              ^"],
    },
    "after emoji, which are two cells wide": {
      sql: "select '😀😀', nope;",
      line: 1,
      column: 14,
      shows: ["select '😀😀', nope;", "               ^"],
    },
    "after a combining accent, which has no width": {
      sql: "select 'e\u0301', nope;",
      line: 1,
      column: 14,
      shows: ["select 'e\u0301', nope;", "            ^"],
    },
    "after emoji on earlier lines": {
      sql: "-- 😀😀😀\n/* 漢字 */\nselect nope;",
      line: 3,
      column: 8,
      shows: ["select nope;", "       ^"],
    },
    "in the middle of a file in BEGIN and COMMIT": {
      sql: "begin;\nselect nope;\ncommit;",
      line: 2,
      column: 8,
      shows: ["select nope;", "       ^"],
    },
    "as a syntax error": {
      sql: "select 1;\ncreate tabel a (id int);",
      line: 2,
      column: 8,
      shows: ["create tabel a (id int);", "       ^"],
    },
    "at the end of a file that leaves a parenthesis open": {
      sql: "create table a (id int\n",
      line: 1,
      column: 22,
      shows: ["create table a (id int", "                     ^"],
    },
    "after a family of emoji, which is five characters and one sign": {
      sql: "select '👩‍👩‍👧', nope;",
      line: 1,
      column: 17,
      shows: ["select '👩‍👩‍👧', nope;", "             ^"],
    },
    "after East Asian text": {
      sql: "select '漢字カナ한글', nope;",
      line: 1,
      column: 18,
      shows: ["select '漢字カナ한글', nope;", "                       ^"],
    },
    "after a lone carriage return": {
      sql: "select 1;\rselect nope;",
      line: 2,
      column: 8,
      shows: ["select nope;", "       ^"],
    },
    "at a variable of psql": {
      sql: "select :'x';",
      line: 1,
      column: 8,
      shows: ["select :'x';", "       ^"],
    },
    "in the middle of a very long line": {
      sql: `select ${"12345, ".repeat(100_000)}nope, ${"12345, ".repeat(100_000)}1;`,
      line: 1,
      column: 700_008,
      shows: [`…${", 12345".repeat(12).slice(-78)}, nope${", 12345".repeat(12).slice(0, 56)}…`, `${" ".repeat(81)}^`],
    },
    "in a DO block that does not compile": {
      sql: "do $$\nbegin\n  selec 1;\nend $$;",
      line: 3,
      column: 3,
      shows: ["  selec 1;", "  ^"],
    },
    "in the body of a function": {
      sql: "create function f() returns int language sql as $$\n  select nope\n$$;",
      line: 2,
      column: 10,
      shows: ["  select nope", "         ^"],
    },
  };
  test.each(Object.entries(cases))("%s", async (_, { sql, line, column, shows }) => {
    const { message, details } = await fails(sql);
    expect(details.position).toMatchObject({ line, column });
    expect(message).toMatch(new RegExp(`^000001_a\\.up\\.sql:${line}:${column}: `));
    expect(pointed(message)).toEqual(shows);
  });
});

describe("an error without a position", () => {
  const bodies: Record<string, { sql: string; line: number; column: number; where: string; says?: RegExp }> = {
    "in a DO block, at its line": {
      sql: "select 1;\n\ndo $$\nbegin\n  perform 1 / 0;\nend $$;",
      line: 5,
      column: 3,
      where: "in the DO block, line 3 of its body",
      says: /context: SQL .*\n.*PL\/pgSQL function inline_code_block line 3 at PERFORM\n/,
    },
    "in what a DO block performs, at the character": {
      sql: "do language plpgsql $x$ begin\n  perform 1, '😀', nope;\nend $x$;",
      line: 2,
      column: 19,
      where: "in the DO block, line 2 of its body",
      says: /query: SELECT 1, '😀', nope\n/,
    },
    "in an expression of several lines": {
      sql: "do $$\ndeclare x int;\nbegin\n  x := 1 +\n   nope;\nend $$;",
      line: 5,
      column: 4,
      where: "in the DO block, line 4 of its body",
    },
    "in a word of a line that holds it twice": {
      sql: "do $$ declare xa int; begin\n  raise notice '%', a;\nend $$;",
      line: 2,
      column: 21,
      where: "in the DO block, line 2 of its body",
    },
    "in a statement with INTO, at the character": {
      sql: "do 'declare x int; begin\n  select nope into x; end';",
      line: 2,
      column: 10,
      where: "in the DO block, line 2 of its body",
    },
    "in text that is put together, at its line": {
      sql: "do $$ begin\n  execute format('select %s', 'no' || 'pe'); end $$;",
      line: 2,
      column: 3,
      where: "in the DO block, line 2 of its body",
      says: /query: select nope\n/,
    },
    "in a function that a DO block calls": {
      sql: `create schema z;\ncreate or replace function z."A b"(a text, b int) returns int language plpgsql as $f$ begin\n  return nope;\nend $f$;\ndo $$ begin perform z."A b"('a(b)', 1); end $$;`,
      line: 3,
      column: 10,
      where: 'in the function z."A b", line 2 of its body',
    },
    "in a trigger": {
      sql: "create table tt (a int);\ncreate function tr() returns trigger language plpgsql as $$ begin\n  return old.nope;\nend $$;\ncreate trigger x before insert on tt for each row execute function tr();\ninsert into tt values (1);",
      line: 3,
      column: 3,
      where: "in the function tr, line 2 of its body",
    },
    "in a function in SQL": {
      sql: "set check_function_bodies = off;\ncreate function f(a int) returns int language sql volatile as $$\n  select 1;\n  select nope\n$$;\nselect f(1);",
      line: 4,
      column: 10,
      where: "in the function f",
    },
    "in a function whose head is hard to read": {
      sql: `create function /* f( */ "f(" (a text default (') as $$'), "as" int default length('x')) -- as 'no'
returns int language plpgsql volatile cost 10 as /* é */ -- $y$
  $y$ begin
  return nope;
end $y$;\nselect "f("();`,
      line: 4,
      column: 10,
      where: 'in the function "f(", line 2 of its body',
    },
    "in a DO block with a comment before its body": {
      sql: "/* é😀 */ do /* $$ */ -- 'x'\n $$ begin\n  perform nope; end $$ language plpgsql;",
      line: 3,
      column: 11,
      where: "in the DO block, line 2 of its body",
    },
    "in a function that is older than the file": {
      sql: "select 1;\nselect pg_catalog.json_in('nope');",
      line: 2,
      column: 1,
      where: "somewhere in the statement that begins there",
      says: /context: JSON data/,
    },
  };
  test.each(Object.entries(bodies))("%s", async (_, { sql, line, column, where, says = /\n/ }) => {
    const { message, details } = await fails(sql);
    expect(message).toMatch(says);
    expect(message).toContain(`  where: ${where}\n`);
    expect(details.position).toMatchObject({ line, column });
  });

  test("in a function that another statement calls", async () => {
    const { message } = await fails(
      "create function f() returns int language plpgsql as $$ begin raise exception 'no' using hint = 'yes', detail = 'why'; end $$;\nselect f();",
    );
    expect(message).toMatch(/^000001_a\.up\.sql:1:56: no\n/);
    expect(message).toMatch(/detail: why\n {2}hint: yes\n {2}context: PL\/pgSQL function f\(\) line 1 at RAISE/);
  });

  test("of a unique violation names the statement, the constraint and the key", async () => {
    const { message, details } = await fails(
      "create table a (id int primary key);\ninsert into a values (1);\n-- again\ninsert into a values (1);",
    );
    expect(details).toMatchObject({ position: { line: 4, column: 1 }, sqlstate: "23505" });
    expect(message).toContain("detail: Key (id)=(1) already exists.");
    expect(message).toContain("constraint: a_pkey");
  });

  test("of a deferred constraint is attributed to COMMIT", async () => {
    const { message, details } = await fails(
      "create table a (id int primary key, other int references a deferrable initially deferred);\ninsert into a values (1, 2);",
    );
    expect(details.position).toBeUndefined();
    expect(message).toContain(
      "where: at COMMIT, after every statement of the file had succeeded: a deferred constraint or trigger",
    );
    expect(message).toContain("Key (other)=(2) is not present");
  });

  test("of a deferred trigger that raises at COMMIT, at its line in the file", async () => {
    const { message } = await fails(
      "create table a (id int);\ncreate function late() returns trigger language plpgsql as $$ begin\n  raise exception 'too late'; end $$;\ncreate constraint trigger t after insert on a initially deferred for each row execute function late();\ninsert into a values (1);",
    );
    expect(message).toContain("where: at COMMIT, after every statement of the file had succeeded");
    expect(message).toMatch(/context: PL\/pgSQL function late\(\) line 2 at RAISE/);
  });

  test("of the record says that the file is not to blame", async () => {
    const { message, details } = await fails("select 1;\ndrop schema migrate cascade;");
    expect(details).toMatchObject({ sqlstate: "42P01" });
    expect(details.position).toBeUndefined();
    expect(message).toMatch(/relation "migrate.history" does not exist[\s\S]*while recording it/);
  });

  test("of a statement that takes too long says how long it may", async () => {
    const { message, details } = await fails("select 1;\nselect pg_sleep(5);");
    expect(details).toMatchObject({ position: { line: 2, column: 1 }, sqlstate: "57014" });
    expect(message).toContain("One statement may take 1 s");
  });
});

test("a variable of psql is said to be one", async () => {
  expect((await fails("insert into a values (:'x', 1);")).message).toContain(":'x' looks like a variable of psql");
  expect((await fails("select 1; select 2 :y;")).message).toContain(":y looks like a variable of psql");
});

test("what a file says is told while it runs, with its severity", async () => {
  const sql = `do $$ begin raise notice 'one %', 1; raise warning 'two' using hint = 'three'; raise info E'a\\nb\\x1b[2J'; raise debug 'no'; end $$;`;
  const migrator = migratorFor(await postgres.createDatabase(), makeFolder(pairs({ "1_a": sql })));
  await migrator.up();
  expect(migrator.events.filter(({ event }) => event === "notice")).toEqual([
    { level: "info", event: "notice", message: "  notice: one 1" },
    { level: "warn", event: "notice", message: "  warning: two\n    hint: three" },
    { level: "info", event: "notice", message: "  info: a\n  b␛[2J" },
  ]);
});

test("with --json an error is one line, with its place and all that the server said", async () => {
  const lines: string[] = [];
  const folder = makeFolder(pairs({ "1_a": "-- 😀\n\tselect '漢', nope;" }));
  const exitCode = await runMigrate({
    args: ["up", "--json", "--dir", folder],
    environment: { DATABASE_URL: url },
    stdout: (text) => lines.push(text),
    stderr: (text) => lines.push(text),
    signal: new AbortController().signal,
    interactive: false,
    ask: () => Promise.reject(new Error("Nothing is to be asked.")),
  });
  expect(exitCode).toBe(EXIT.sql);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "error",
    exitCode: EXIT.sql,
    version: 1,
    position: { file: `${folder}/1_a.up.sql`, line: 2, column: 14 },
    sqlstate: "42703",
    message: expect.stringContaining(`    2 | \tselect '漢', nope;\n      | \t${" ".repeat(13)}^\n`),
  });
});

test("notices and rules do not confuse which statement failed", async () => {
  const sql = `create table a (id int); create table b (id int); drop table if exists nothing;
    create rule r as on insert to a do also (insert into b values (1); insert into b values (2));
    insert into a values (1);
    insert into a select 1 / (id - 1) from a;`;
  expect((await fails(sql)).details.position).toMatchObject({ line: 4, column: 5 });
});

test("a failed down names the down file, and the migration stays applied", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": ["create table a (id int);", "drop table a;\ndrop table b;"] }));
  await migratorFor(url, folder).up();
  const error = await failure(migratorFor(url, folder).down({ steps: 1 }));
  expect(error.message).toContain(`${folder}/1_a.down.sql:2:`);
  expect(await publicTables(postgres, url)).toEqual(["a", "schema_migrations"]);
});

test("a role that may not create says so, and what to do", async () => {
  const url = await postgres.createDatabase();
  await postgres.query(url, "create role powerless login password 'x'");
  const powerless = postgres.server.url(new URL(url).pathname.slice(1), "powerless", "x");
  const error = await failure(migratorFor(powerless, makeFolder(pairs({ "1_a": "select 1;" }))).up());
  expect(error.message).toContain("permission denied for database");
  expect(error.message).toContain("migrate bootstrap");
  expect(error.exitCode).toBe(EXIT.refused);
});

test("an enum's new value that the same file uses: where it belongs", async () => {
  const own = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({ "1_a": "create type e as enum ()", "2_b": "alter type e add value 'a'; select 'a'::e" }),
  );
  expect((await failure(migratorFor(own, folder).up())).message).toContain(
    "Put ALTER TYPE … ADD VALUE into a migration of its own, before this one.",
  );
});

test("a character that the database's encoding lacks is pointed at, though the server had not begun to read", async () => {
  await postgres.query(url, "create database latin encoding 'LATIN1' locale 'C' template template0");
  const folder = makeFolder(pairs({ "1_a": "create table a (t text);\ninsert into a values ('ü');\nselect 'ü😀';" }));
  const error = await failure(migratorFor(postgres.server.url("latin"), folder).up());
  expect(error.details).toMatchObject({ sqlstate: "22P05", position: { line: 3, column: 10 } });
});

test.each([
  "drop schema if exists migrate cascade",
  "drop schema if exists public cascade; create schema public",
  "alter table migrate.history rename to other",
])("a file that takes the record away is told so: %s", async (sql) => {
  const own = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "select 1", "2_b": sql }));
  const { message } = await failure(migratorFor(own, folder).up());
  expect(message).toMatch(/2_b\.up\.sql: relation .*\n {2}where: after the file's last statement, while recording it/);
  expect(message).toContain("Leave schema migrate and schema_migrations alone");
});
