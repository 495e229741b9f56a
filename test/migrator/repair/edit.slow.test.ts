import { EXIT } from "../../../lib/contract";
import { usePostgres } from "../../support/postgres";
import { migrateHere } from "../support/command";
import { migratorFor, writes } from "../support/database";
import { makeFolder, pairs, write } from "../support/folder";
import { names, repairable, table } from "../support/repair";

const postgres = usePostgres();

const [A, B, C] = [table("a"), table("b"), table("c")];

describe("an edit", () => {
  const edited = (sql: string) => pairs({ "1_a": A, "2_b": [sql, B[1]] });
  const before = pairs({ "1_a": A, "2_b": B });

  test.each([
    ["a comment", `-- Why: so.\n${B[0]} -- and so`],
    ["blanks", "create   table b(\n  id int\n) ;\n\n"],
    ["the case of words", "CREATE TABLE B (ID INT);"],
  ])("of %s alone is told from a change, and recorded", async (_, sql) => {
    const { run, url, migrator } = await repairable(postgres, before, edited(sql));
    expect((await run("up")).stderr).toMatch(
      /has changed since it was applied[\s\S]*`migrate repair`[\s\S]*`migrate repair --accept 2`/,
    );
    const { code, stdout } = await run("repair", "--yes");
    expect(stdout).toContain("reformat 2: only comments or blanks of 2_b differ");
    expect(stdout).toContain("No drift");
    expect(code).toBe(EXIT.ok);
    expect(await migrator.up()).toMatchObject({ applied: [] });
    expect(await names(postgres, url)).toBe("1 a, 2 b");
    expect(await run("repair", "--yes")).toMatchObject({
      stdout: expect.stringContaining("There is nothing to repair."),
    });
  });

  test.each([
    ["a constant", "create table b (id int default 1);", "create table b (id int default 2);"],
    ["a space in a string", "comment on schema public is 'a b';", "comment on schema public is 'a  b';"],
    ["a quoted name's case", 'create table "b" ();', 'create table "B" ();'],
    ["a blank that makes another operator", "select 1 where 1 <-1;", "select 1 where 1 < -1;"],
    ["the mark", "create table b ();", "-- migrate:no-transaction\ncreate table b ();"],
    ["a function's body", "do $$ begin /* a */ end $$;", "do $$ begin /* b */ end $$;"],
  ])("of %s is none of blanks", async (_, from, to) => {
    // The first is no SQL that runs, so it is recorded as if it had.
    const url = await postgres.createDatabase();
    await migratorFor(url, makeFolder(pairs({ "1_b": from }))).baseline({ version: 1 });
    const run = (...args: string[]) =>
      migrateHere(args, { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(pairs({ "1_b": to })) });
    expect(await run("repair", "--yes")).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringMatching(/its SQL differs, and not its comments or blanks alone[\s\S]*--accept 1/),
    });
    expect(await run("repair", "--accept", "1", "--yes", "--no-drift")).toMatchObject({ code: EXIT.ok });
  });

  test("that a person accepts is recorded, and the drift that it leaves is told", async () => {
    const { run } = await repairable(postgres, before, edited("create table b (id bigint);"));
    const { code, stdout } = await run("repair", "--accept", "2", "--yes");
    expect(stdout).toContain("accept 2: 2_b counts as what ran, although its SQL may differ");
    expect(stdout).toContain("~ column b.id bigint → integer");
    expect(code).toBe(EXIT.refused);
  });

  test("is never guessed: one accepted, another not, and nothing is written", async () => {
    const after = pairs({ "1_a": ["create table a (x int);", A[1]], "2_b": ["create table b (y int);", B[1]] });
    const { run, url } = await repairable(postgres, before, after);
    const now = await writes(postgres, url);
    const { code, stderr } = await run("repair", "--accept", "1", "--accept", "3", "--yes");
    expect(code).toBe(EXIT.refused);
    expect(stderr).toMatch(/--accept names version 3, but that is not applied/);
    expect(stderr).toMatch(/2_b\.up\.sql has been edited[\s\S]*--accept 2/);
    expect(stderr).not.toMatch(/1_a\.up\.sql/);
    expect(await writes(postgres, url)).toBe(now);
  });

  test("of a file that an earlier release recorded is accepted or restored", async () => {
    const { run, url } = await repairable(postgres, before, edited(`-- a comment\n${B[0]}`));
    await postgres.query(url, "drop table migrate.files, migrate.repairs, migrate.record");
    expect((await run("status")).code).toBe(EXIT.refused);
    expect((await run("repair", "--yes")).stderr).toMatch(
      /is not known, because what was recorded then is its checksum alone/,
    );
    expect(await run("repair", "--accept", "2", "--yes")).toMatchObject({ code: EXIT.ok });
  });

  test("of a file that an earlier release recorded is known once this one has run anything", async () => {
    const { run, url, folder } = await repairable(postgres, before, { ...before, ...pairs({ "3_c": C }) });
    await postgres.query(url, "drop table migrate.files, migrate.repairs, migrate.record");
    await run("up");
    write(folder, { "1_a.up.sql": `-- why\n${A[0]}` });
    expect(await run("repair", "--yes")).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringContaining("reformat 1"),
    });
  });
});
