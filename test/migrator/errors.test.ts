import { EXIT } from "../../lib/contract";
import type { MigrateErrorDetails } from "../../lib/migrator/errors";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, publicTables } from "./support/database";
import { makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

async function fails(sql: string): Promise<{ message: string; details: MigrateErrorDetails }> {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "000001_a": sql }));
  const { exitCode, message, details } = await failure(migratorFor(url, folder, { statementTimeoutSeconds: 1 }).up());
  expect(exitCode).toBe(EXIT.sql);
  expect(await publicTables(postgres, url)).toEqual([]);
  return { message: message.replaceAll(`${folder}/`, ""), details };
}

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
  test("in a DO block shows the block's context and where the statement begins", async () => {
    const { message, details } = await fails("select 1;\n\ndo $$\nbegin\n  perform 1 / 0;\nend $$;");
    expect(details.position).toMatchObject({ line: 3, column: 1 });
    expect(message).toContain("division by zero");
    expect(message).toMatch(/context: SQL statement .*\n.*PL\/pgSQL function inline_code_block line 3 at PERFORM/);
    expect(message).toContain("SQLSTATE: 22012");
  });

  test("in a function that another statement calls", async () => {
    const { message } = await fails(
      "create function f() returns int language plpgsql as $$ begin raise exception 'no' using hint = 'yes', detail = 'why'; end $$;\nselect f();",
    );
    expect(message).toMatch(/^000001_a\.up\.sql:2:1: no\n/);
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

  test("of a statement that takes too long says how long it may", async () => {
    const { message, details } = await fails("select 1;\nselect pg_sleep(5);");
    expect(details).toMatchObject({ position: { line: 2, column: 1 }, sqlstate: "57014" });
    expect(message).toContain("One statement may take 1 s");
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
