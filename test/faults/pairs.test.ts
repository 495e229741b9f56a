import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { failure, migratorFor, publicTables, recorded } from "../migrator/support/database";
import { type Files, makeFolder, pairs, write } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

async function database(files: Files) {
  const environment = { DATABASE_URL: await postgres.createDatabase(), MIGRATIONS_DIR: makeFolder(files) };
  const run = (...args: string[]) => migrateHere(args, environment);
  return { url: environment.DATABASE_URL, folder: environment.MIGRATIONS_DIR, run };
}

test.each([
  ["names", { "000030_add_a.up.sql": "create table a (id int);", "000030_drop_a.down.sql": "drop table a;" }],
  ["digits", { "30_a.up.sql": "create table a (id int);", "000030_a.down.sql": "drop table a;" }],
])("up and down files of different %s are a pair by their number", async (_, files) => {
  const { url, run } = await database(files);
  expect(await run("up")).toMatchObject({ code: EXIT.ok });
  expect(await run("verify")).toMatchObject({ code: EXIT.ok });
  expect(await run("test")).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining("1 down file undoes") });
  expect(await run("down", "--steps", "1", "--yes")).toMatchObject({ code: EXIT.ok });
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
});

const UP = { "1_a.up.sql": "create table a (id int);", "2_b.up.sql": "create table b (id int);" };

describe.each(Object.entries({ missing: undefined, empty: "", "of comments": "-- nothing to do\n/* ; */ ;" }))(
  "a down file that is %s",
  (kind, down) => {
    const files: Files = {
      ...UP,
      "1_a.down.sql": "drop table a;",
      ...(down !== undefined && { "2_b.down.sql": down }),
    };

    test("is not needed by up, baseline, verify and plan", async () => {
      const { run } = await database(files);
      expect(await run("plan")).toMatchObject({ code: EXIT.ok });
      expect(await run("up")).toMatchObject({ code: EXIT.ok, stderr: "" });
      expect(await run("status")).toMatchObject({ code: EXIT.ok });
      expect(await run("verify")).toMatchObject({ code: EXIT.ok });
      const byHand = await database(files);
      expect(await byHand.run("baseline", "--version", "2", "--yes")).toMatchObject({ code: EXIT.ok });
    });

    test("is where down refuses to pass, with nothing undone", async () => {
      const { url, run } = await database(files);
      await run("up");
      for (const far of [["--steps", "1"], ["--to", "1"], ["--all"]]) {
        const { code, stderr } = await run("down", ...far, "--yes");
        expect(code).toBe(EXIT.refused);
        expect(stderr).toMatch(/2_b cannot be undone: .*2_b\.down\.sql/);
      }
      expect(await recorded(postgres, url)).toMatchObject({ version: "2,false" });
    });

    test("is what lint finds, and a comment puts aside", async () => {
      const { folder, run } = await database(files);
      const named = kind === "missing" ? "2_b.up.sql" : "2_b.down.sql";
      expect(await run("lint")).toMatchObject({
        code: EXIT.refused,
        stdout: expect.stringMatching(new RegExp(`${named}:1:1: no-down\\n`)),
      });
      const aside = "-- lint:ignore-file no-down: nobody goes back behind the release of May.\n";
      const before = kind === "missing" ? UP["2_b.up.sql"] : (down ?? "");
      write(folder, { [named]: aside + before });
      expect(await run("lint")).toMatchObject({ code: EXIT.ok });
    });

    test("is what test cannot try", async () => {
      const { run } = await database(files);
      const { code, stdout } = await run("test");
      expect(code).toBe(EXIT.ok);
      expect(stdout).toMatch(/2 b: no-down\n {2}.*2_b\.down\.sql is missing or empty, so the way back cannot be tried/);
      expect(stdout).toContain("1 of 2 down files undo what went up; 1 cannot be tried.");
    });
  },
);

test("a down file as `create` wrote it is a problem still", async () => {
  const { url, folder, run } = await database(pairs({ "1_a": "select 1;" }));
  await run("create", "b");
  write(folder, { "2_b.up.sql": "select 1;" });
  expect((await failure(migratorFor(url, folder).up())).message).toMatch(/2_b\.down\.sql:2:11: The header is as/);
});

describe("a file with a problem makes no database ahead, and nothing undone", () => {
  const broken: Readonly<Record<string, Files>> = {
    "that is no text": { "2_b.up.sql": Buffer.from("\ufeffselect 1", "utf16le") },
    "of a wrong name": { "2_b.up.sql": "", "2_b.SQL": "" },
    "beside another of its number": { "2_x.up.sql": "select 1;" },
  };
  test.each(Object.entries(broken))("%s", async (what, files) => {
    const { url, folder, run } = await database({ ...UP });
    await run("up");
    write(folder, files);
    if (what === "of a wrong name") await import("node:fs").then((fs) => fs.unlinkSync(`${folder}/2_b.up.sql`));
    for (const prepare of ["select 1", "drop schema migrate cascade"]) {
      await postgres.query(url, prepare);
      const { code, stdout } = await run("status");
      expect(code).toBe(EXIT.refused);
      expect(stdout).not.toMatch(/ahead|undone|rolled back|Bring it back|Bring the file back|missing/);
      expect((await run("status", "--json")).stdout).toContain('"ahead":false');
    }
  });

  test("nor does a folder that cannot be read", async () => {
    const { url, run } = await database(UP);
    await run("up");
    const status = await migratorFor(url, "/nonexistent").status();
    expect(status).toMatchObject({ ahead: false, version: 2, warnings: [] });
    expect(status.problems).toEqual([expect.stringContaining("cannot be read")]);
  });
});
