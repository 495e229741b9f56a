import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

type Migrations = Parameters<typeof pairs>[0];

const trial = (files: Migrations, ...args: string[]) =>
  migrateHere(["test", ...args], { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder(pairs(files)) });

/** `failed 2_b, ok 3_c`, as the lines tell it. */
function states({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  const told = [
    ...`${stdout}\n${stderr}`.matchAll(/^(?:warning:)? +(ok|different|failed|refused|irreversible) +(\w+) /gm),
  ];
  return told.map(([, state, id]) => `${id} ${state}`).sort();
}

const table = (name: string) => [`create table ${name} (i int)`, `drop table ${name}`] as const;

describe("after a failure", () => {
  const CASES: Record<
    string,
    [second: readonly [up: string, down: string], third: readonly [up: string, down: string]]
  > = {
    "of a down file, the next starts from what its up made": [
      ["create table b (i int)", "drop table nope"],
      ["alter table b add c int", "alter table b drop c"],
    ],
    "of a second up, too": [
      ["create table b (i int)", "select 1"],
      ["alter table b add c int", "alter table b drop c"],
    ],
    "of an up file, the next starts from what was before it": [
      ["create table b (i int); select nope", "drop table b"],
      ["create table b (i int)", "drop table b"],
    ],
    "between statements, the next starts from what was before the file": [
      ["-- migrate:no-transaction\ncreate table b (i int); select nope", "drop table b"],
      ["create table b (i int)", "drop table b"],
    ],
    "between the statements of a down file, from what its up made": [
      [
        "-- migrate:no-transaction\ncreate table b (i int); create table b2 (i int)",
        "-- migrate:no-transaction\ndrop table b; drop table nope",
      ],
      ["alter table b add c int; alter table b2 add c int", "alter table b drop c; alter table b2 drop c"],
    ],
  };
  for (const where of ["a new database", "a given one"])
    test.each(Object.entries(CASES))(`%s (${where})`, async (_, [second, third]) => {
      const scratch = where === "a new database" ? [] : ["--scratch", await postgres.createDatabase()];
      const ran = await trial({ "1_a": table("a"), "2_b": second, "3_c": third }, ...scratch);
      expect(states(ran)).toEqual(["1_a ok", "2_b failed", "3_c ok"]);
      expect(ran.code).toBe(EXIT.sql);
      expect(ran.stdout).toMatch(/2 b: failed\n/);
      expect(ran.stdout).not.toMatch(/3 c:/);
    });

  test("a difference is not handed to the next file", async () => {
    const ran = await trial({
      "1_a": table("a"),
      "2_rows": ["insert into a values (1)", "select 1"],
      "3_one": ["do $$ begin assert (select count(*) = 1 from a); end $$", "select 1"],
    });
    expect(states(ran)).toEqual(["1_a ok", "2_rows different", "3_one ok"]);
  });

  test("all failures are reported, and a later one says what it may need", async () => {
    const ran = await trial({
      "1_a": ["select nope", "select 1"],
      "2_b": table("b"),
      "3_c": ["alter table gone add c int", "select 1"],
      "4_d": ["create table d (i int)", "drop table no"],
    });
    expect(states(ran)).toEqual(["1_a failed", "2_b ok", "3_c failed", "4_d failed"]);
    expect(ran.stdout).toMatch(
      /1 a: failed\n[\s\S]*3 c: failed\n[\s\S]*It may need 1_a, which did not run\.\n4 d: failed\n/,
    );
  });

  test("a file that the checks refuse is one, too", async () => {
    const ran = await trial({ "1_a": table("a"), "2_b": ["vacuum a", "select 1"], "3_c": table("c") }, "--trace");
    expect(states(ran)).toEqual(["1_a ok", "2_b refused", "3_c ok"]);
    expect(ran.stdout).toMatch(/2 b: refused\n {2}.*2_b\.up\.sql:1:1: VACUUM cannot run in a transaction/);
    expect(ran.code).toBe(EXIT.refused);
  });

  test("it stops and says why where the files before do not run a second time", async () => {
    const ran = await trial({
      "1_role": ["create role once", "drop role once"],
      "2_b": ["create table b (i int)", "select 1"],
      "3_c": table("c"),
    });
    expect(states(ran)).toEqual(["1_role ok", "2_b failed"]);
    expect(ran.stdout).toMatch(/What follows was not tried: [\s\S]*1_role\.up\.sql:1:1: role "once" already exists/);
    expect(ran.code).toBe(EXIT.sql);
    await postgres.query(postgres.server.url(), "drop role once");
  });
});

describe("--from", () => {
  const FILES = { "1_a": ["create table a (i int)", "drop table nope"] as const, "2_b": table("b"), "5_c": table("c") };

  test.each([
    ["2", ["2_b ok", "5_c ok"]],
    ["3", ["5_c ok"]],
    ["5", ["5_c ok"]],
  ])("%s", async (from, tried) => {
    const ran = await trial(FILES, "--from", from);
    expect(ran).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect(states(ran)).toEqual(tried);
    expect(ran.stdout).toContain("one by one and all at once.");
  });

  test("a version above the newest is refused", async () => {
    expect(await trial(FILES, "--from", "6")).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining("No migration has version 6 or above; the newest is 5."),
    });
  });
});

describe("migrate:leaves", () => {
  const TYPE = [
    "create schema app; create type app.mood as enum ('ok')",
    "drop type app.mood; drop schema app",
  ] as const;
  const ADDED = "alter type app.mood add value if not exists 'sad'; create table b (i int)";

  test.each(["type app.mood", "type app.mood: PostgreSQL cannot remove a value"])(
    "-- migrate:leaves %s",
    async (mark) => {
      const ran = await trial({
        "1_type": TYPE,
        "2_sad": [ADDED, `-- migrate:leaves ${mark}\ndrop table b`],
        "3_c": table("c"),
      });
      expect(ran).toMatchObject({ code: EXIT.ok, stderr: "" });
      expect(ran.stdout).toMatch(/ok +2_sad .* leaves type app\.mood\n/);
      expect(ran.stdout).toContain(
        "Passed: 3 down files undo what went up, one by one and all at once. They leave what they say: type app.mood.",
      );
    },
  );

  test("several things, rows and a table among them", async () => {
    const up = "create table if not exists kept (i int); insert into a select 1 where not exists (select from a)";
    const down = "-- migrate:leaves table kept: dropped in the next release\n-- migrate:leaves rows of a\nselect 1";
    const ran = await trial({ "1_a": table("a"), "2_b": [up, down], "3_c": table("c") });
    expect(ran).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect(ran.stdout).toMatch(/2_b .* leaves table kept, rows of a\n/);
  });

  const UNTRUE: Record<string, [up: string, down: string, says: RegExp]> = {
    "nothing is left": [
      "create table c (i int)",
      "-- migrate:leaves table c\ndrop table c",
      /2_x\.down\.sql:1: `migrate:leaves table c` is not true: nothing of that name is left\. Remove the line\./,
    ],
    "something else is left": [
      "create table if not exists c (i int)",
      "\n-- migrate:leaves table d\nselect 1",
      /after down: \+ table c\n.*2_x\.down\.sql:2: .*nothing of that name is left\. Left are: table c\./,
    ],
    "more is left than that": [
      "create table if not exists c (i int); create table if not exists d (i int)",
      "-- migrate:leaves table c\nselect 1",
      /after down: \+ table d\n/,
    ],
    "it is left otherwise than up made it": [
      "create table if not exists c (i int)",
      "-- migrate:leaves table c\nalter table c add x int",
      /after down: \+ table c\n.*is not true: it is not left as the up file made it/,
    ],
    "it is gone, not left": [
      "alter table a add j int",
      "-- migrate:leaves column a.i\nalter table a drop j, drop i",
      /after down: - column a\.i integer\n.*not left as the up file made it/,
    ],
    "it names nothing": [
      "create table c (i int)",
      "-- migrate:leaves\ndrop table c",
      /`migrate:leaves` does not say what/,
    ],
    "it is in an up file": [
      "-- migrate:leaves table c\ncreate table c (i int)",
      "drop table c",
      /2_x\.up\.sql:1: `migrate:leaves` counts in a down file alone/,
    ],
  };
  test.each(Object.entries(UNTRUE))("is refused where %s", async (_, [up, down, says]) => {
    const ran = await trial({ "1_a": table("a"), "2_x": [up, down] });
    expect(ran.stdout).toMatch(says);
    expect(ran.code === EXIT.refused || ran.code === EXIT.sql).toBe(true);
  });
});
