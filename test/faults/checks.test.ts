import { EXIT } from "../../lib/contract";
import { lint } from "../../lib/migrator/lint/lint";
import { migrateHere } from "../migrator/support/command";
import { failure, migratorFor, recorded, writes } from "../migrator/support/database";
import { makeFolder, pairs, write } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

const ROWS =
  "create table people (id int primary key, email text, member boolean); insert into people values (1, 'a@b', true), (2, null, false)";

/** A database with two people in it, and a folder whose second migration begins with these lines. */
async function withHead(head: string, body = "create table made ();") {
  const url = await postgres.createDatabase();
  const directory = makeFolder(
    pairs({ "1_people": [ROWS, "drop table people"], "2_x": [`${head}\n${body}`, "drop table made"] }),
  );
  await migratorFor(url, directory).up({ to: 1 });
  return { url, directory, migrator: migratorFor(url, directory) };
}

test.each([
  ["no row", "-- check: SELECT id FROM people WHERE id > 2"],
  ["no row of no column", "-- check: select from people where id > 2"],
  ["true", "-- check: SELECT count(*) = 2 FROM people;"],
  [
    "several, however they are written",
    "--check:select true\n-- Check : values (true)\n-- CHECK: table people limit 0",
  ],
  ["one on several lines", "-- check: SELECT count(*) = 2\n--   FROM people\n--   WHERE id < 3\n-- Why: it is so."],
  ["one above BEGIN", "-- check: select true\nbegin;"],
  ["one behind the mark of a file without a transaction", "-- migrate:no-transaction\n-- check: select true"],
  [
    "a backslash, quotes and dollars",
    String.raw`-- check: select '\''' = E'\\''' and '$$' = $$$$ || '$' || '$' -- as it should`,
  ],
])("a check that holds lets the file run: %s", async (_, head) => {
  const { migrator, url } = await withHead(head, head.includes("begin;") ? "create table made (); commit;" : undefined);
  expect((await migrator.plan()).migrations[0]?.checks.map(({ state }) => state)).toContain("holds");
  await migrator.up();
  expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied");
});

const BROKEN: readonly (readonly [name: string, head: string, told: string])[] = [
  ["rows", "-- check: SELECT id, email FROM people WHERE email IS NULL", 'It returns this row: {"id":2,"email":null}'],
  ["false", "-- check: SELECT count(*) = 3 FROM people", 'It returns this row: {"?column?":false}'],
  ["null", "-- check: SELECT null::boolean", '{"bool":null}'],
  [
    "no row where true was to come",
    "-- check: SELECT member FROM people WHERE id = 3",
    "it returns no row, and has to return one that is true",
  ],
  ["true, and more", "-- check: SELECT true FROM people", 'a row, and it is not the only one: {"?column?":true}'],
  ["the text true", "-- check: SELECT 'true'", '{"?column?":"true"}'],
  ["two columns", "-- check: SELECT true, true", '{"?column?":true,"?column?":true}'],
  ["a long row", `-- check: SELECT repeat('x', 1000)`, `${"x".repeat(280)}`],
  ["the second of two", "-- check: select true\n-- check: select false", "2:1: the check does not hold"],
  [
    "a missing table",
    "-- check: SELECT true FROM nowhere",
    'cannot be evaluated: relation "nowhere" does not exist (SQLSTATE 42P01)',
  ],
  ["a division by zero", "-- check: SELECT 1 / 0 = 1", "division by zero (SQLSTATE 22012)"],
  ["a function that writes", "-- check: SELECT nextval('s') > 0", "read-only transaction (SQLSTATE 25006)"],
];

describe.each(["transaction", "statement by statement"])(
  "a check that does not hold refuses the file, run as %s",
  (how) => {
    test.each(BROKEN)("%s", async (_, head, told) => {
      const mark = how === "transaction" ? "" : "-- migrate:no-transaction\n";
      const { url, migrator, directory } = await withHead(mark + head);
      await postgres.query(url, "create sequence s");
      const before = await writes(postgres, url);
      const planned = await failure(migrator.plan());
      expect(await writes(postgres, url)).toBe(before);
      expect([planned.exitCode, planned.message]).toEqual([
        EXIT.refused,
        expect.stringContaining(told.replace(/^2:1: /, "")),
      ]);
      const refused = await failure(migrator.up());
      const there = mark ? told.replace(/^2:1/, "3:1") : told;
      expect([refused.exitCode, refused.message]).toEqual([EXIT.refused, expect.stringContaining(there)]);
      expect(refused.details).toMatchObject({ version: 2, position: { file: `${directory}/2_x.up.sql` } });
      expect(await recorded(postgres, url)).toEqual({ history: "1:applied", version: "1,false" });
      expect((await migrator.status()).pending).toBe(1);
    });
  },
);

test("the file before is applied when a check stops the next; rows that are mended let it through", async () => {
  const { url, directory } = await withHead("select 1;", "");
  write(
    directory,
    pairs({ "3_y": "-- check: select id from people where email is null\nselect 1", "4_z": "select 1" }),
  );
  const refused = await failure(migratorFor(url, directory).up());
  expect(refused.exitCode).toBe(EXIT.refused);
  expect(refused.message).toContain("Before it, 1 migration ran and is recorded, up to 2.");
  await postgres.query(url, "delete from people where email is null");
  await migratorFor(url, directory).up();
  expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied 3:applied 4:applied");
});

test("plan tells of a later file's check what is known now", async () => {
  const { url, directory } = await withHead("delete from people where id = 2;", "create table made (id int);");
  const heads = {
    "3_y": "-- check: select id from people where id = 2\nselect 1",
    "4_z": "-- check: table made\nselect 1",
  };
  write(directory, pairs(heads));
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const { stdout } = await migrateHere(["plan"], environment);
  expect(stdout).toMatch(
    / 1 {2}check {2}does not hold now; up evaluates it before the file: select id from people where id = 2\n.*\{"id":2\}/,
  );
  expect(stdout).toMatch(/ 1 {2}check {2}cannot be evaluated now; .*: table made\n.*relation "made" does not exist/);
  await migratorFor(url, directory).up();
  expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied 3:applied 4:applied");
});

test("checks and statements are one message and one transaction, so that nobody comes between", async () => {
  const { migrator } = await withHead("-- check: select count(*) = 2 from people");
  const [migration] = (await migrator.plan()).migrations;
  expect(migration?.sql).toHaveLength(1);
  expect(
    migration?.sql[0]?.match(/\b(begin isolation|count\(\*\) = 2 from people|create table made|commit$)/gi),
  ).toEqual(["begin isolation", "count(*) = 2 from people", "count(*) = 2 from people", "create table made", "commit"]);
});

test("a down file has checks, too; a file that goes on is not checked again", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(
    pairs({
      "1_people": [ROWS, "-- check: select id from people\ndrop table people"],
      "2_steps":
        "-- migrate:no-transaction\n-- check: select true from people where id = 1\ndelete from people where id = 1;\nselect 1 / 0;",
    }),
  );
  expect((await failure(migratorFor(url, directory).up())).exitCode).toBe(EXIT.sql);
  write(directory, {
    "2_steps.up.sql":
      "-- migrate:no-transaction\n-- check: select true from people where id = 1\ndelete from people where id = 1;\nselect 1;",
  });
  await migratorFor(url, directory).up();
  expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied");
  const refused = await failure(migratorFor(url, directory).down({ to: 0 }));
  expect([refused.exitCode, refused.message]).toEqual([EXIT.refused, expect.stringContaining('{"id":2')]);
});

test("a scratch database has no rows to check", async () => {
  const { url, directory, migrator } = await withHead("-- check: select count(*) = 2 from people");
  write(directory, pairs({ "1_people": ["create table people (id int)", "drop table people"] }));
  expect((await migratorFor(url, directory).test()).passed).toBe(true);
  void migrator;
});

test.each([
  ["-- check: SELECT 1; SELECT 2", "A check is one query"],
  ["-- check: the emails are there", "cannot be parsed"],
  ["-- check: DELETE FROM people", "A check is a query"],
  ["-- check: WITH x AS (DELETE FROM people RETURNING id) SELECT id FROM x", "only reads. Move"],
  ["-- check: SELECT id INTO other FROM people", "leave INTO out"],
  ["-- check: SELECT id FROM people FOR UPDATE", "leave FOR UPDATE"],
  ["-- check: SELECT $1::boolean", "no parameters"],
  ["-- check:", "is empty"],
  ["-- checks: SELECT true", "looks like a check"],
  ["-- check SELECT true", "looks like a check"],
  ["--- check: SELECT true", "looks like a check"],
  ["-- migrate:check select true", "looks like a check"],
  ["-- atlas:assert select true", "looks like a check"],
  ["-- Assert: SELECT true", "looks like a check"],
  ["/* check: SELECT true */", "looks like a check"],
  ["select 1;\n-- check: SELECT true", "before the file's first statement"],
  ["select 1 -- check: SELECT true", "before the file's first statement"],
  ["-- check: SELECT true\n-- FROM people WHERE id = 3", "Does the check above go on here?"],
])("up, plan and lint refuse %j", async (head, told) => {
  const { migrator, directory } = await withHead(head);
  for (const refused of [await failure(migrator.up()), await failure(migrator.plan())])
    expect([refused.exitCode, refused.message]).toEqual([EXIT.refused, expect.stringContaining(told)]);
  const { files } = await lint({ directory });
  expect(files.flatMap(({ findings }) => findings.map(({ rule, why }) => `${rule}: ${why}`))).toEqual([
    expect.stringMatching(new RegExp(`refused: .*${told.replace("?", "\\?")}`)),
  ]);
});

test.each([
  "-- We check the emails first, and select nobody.",
  "-- check the table",
  "select '-- check: select false';",
  "do $$ begin\n-- check: select false\nend $$;",
  "create function f() returns int language sql as $$ select 1 -- check: select false\n$$;",
  "/* -- */ -- Checked by hand: the rows with an email",
])("prose and strings are no check: %j", async (head) => {
  const { migrator } = await withHead(head);
  expect((await migrator.plan()).migrations[0]?.checks).toEqual([]);
  await migrator.up();
});
