import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { migratorFor, publicTables, recorded } from "./support/database";
import { makeFolder, pairs, tables } from "./support/folder";

const postgres = usePostgres();

const ZERO = pairs({
  "0_init": ["create table a (id int)", "drop table a"],
  "1_b": ["create table b (id int)", "drop table b"],
});

async function database(files = ZERO) {
  const environment = { DATABASE_URL: await postgres.createDatabase(), MIGRATIONS_DIR: makeFolder(files) };
  const run = (...args: string[]) => migrateHere(args, environment);
  return { url: environment.DATABASE_URL, folder: environment.MIGRATIONS_DIR, environment, run };
}

/** golang-migrate's row, as it leaves it itself at this version. */
const row = (version: number, dirty = false) =>
  `create table schema_migrations (version bigint not null primary key, dirty boolean not null);
   insert into schema_migrations values (${version}, ${dirty})`;

test("runs first, is recorded as golang-migrate does, and is undone last", async () => {
  const { url, run } = await database();
  expect(await run("status")).toMatchObject({ stdout: expect.stringContaining("is at no version, 2 pending.") });
  expect(await run("up", "--to", "0")).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringContaining("at version 0."),
  });
  expect(await recorded(postgres, url)).toEqual({ history: "0:applied", version: "0,false" });
  expect(await run("wait", "--version", "0")).toMatchObject({ code: EXIT.ok });
  await run("up");
  expect(await run("status")).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringContaining("at version 1, nothing"),
  });
  expect(await run("verify")).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining("No drift") });
  expect(await run("down", "--to", "0", "--yes")).toMatchObject({ stdout: expect.stringContaining("at version 0.") });
  expect(await recorded(postgres, url)).toEqual({ history: "0:applied", version: "0,false" });
  expect(await run("plan")).toMatchObject({
    stdout: expect.stringContaining("at version 0; up would run 1 migration"),
  });
  expect(await run("down", "--all", "--yes")).toMatchObject({ stdout: expect.stringContaining("is at no version.") });
  expect(await recorded(postgres, url)).toEqual({ history: "", version: "" });
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
});

test("alone, undone by its number of steps; and nothing pending is told from nothing run", async () => {
  const { url, run } = await database(pairs({ "000000_init": ["create table a (id int)", "drop table a"] }));
  expect((await run("status")).code).toBe(EXIT.pending);
  expect((await run("wait", "--version", "0", "--timeout", "0")).code).toBe(EXIT.pending);
  await run("up");
  expect((await run("status", "--json")).stdout).toContain('"version":0,"dirty":false,"ahead":false,"pending":0');
  await run("down", "--steps", "1", "--yes");
  expect((await run("status", "--json")).stdout).toContain('"version":-1,"dirty":false,"ahead":false,"pending":1');
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
});

test("brought by golang-migrate: adopted, and not run again", async () => {
  const { url, run } = await database();
  await postgres.query(url, `create table a (id int); ${row(0)}`);
  expect(await run("up")).toMatchObject({ code: EXIT.ok });
  expect(await recorded(postgres, url)).toEqual({ history: "0:baseline 1:applied", version: "1,false" });
  await postgres.query(url, "delete from schema_migrations; drop table a, b");
  expect((await run("up")).stderr).toContain("golang-migrate has undone 0, 1 since");
  expect(await recorded(postgres, url)).toEqual({ history: "0:applied 1:applied", version: "1,false" });
});

test.each([
  [-1, "--force -1", "the down file of 0_init", "-1", "", ""],
  [0, "--force 0", "the up file of 0_init or the down file of 1_b", "0", "0:baseline", "0,false"],
])("dirty at %i: %s says which", async (version, _, suspects, decided, history, left) => {
  const { url, run } = await database();
  await postgres.query(url, row(version, true));
  const { stderr } = await run("up");
  expect(stderr).toContain(suspects);
  expect(stderr).toContain("-1 for none");
  expect(await run("baseline", "--force", decided, "--yes")).toMatchObject({ code: EXIT.ok });
  expect(await recorded(postgres, url)).toEqual({ history, version: left });
});

test("a table that an earlier release made takes version 0, too", async () => {
  const { url, run } = await database(pairs({ "1_b": ["create table b (id int)", "drop table b"] }));
  await run("up");
  await run("down", "--all", "--yes");
  await postgres.query(
    url,
    "drop table migrate.record; alter table migrate.history drop constraint history_version_check, add constraint history_version_check check (version > 0)",
  );
  expect(await migratorFor(url, makeFolder(ZERO)).up()).toMatchObject({ version: 1 });
  expect(await recorded(postgres, url)).toEqual({ history: "0:applied 1:applied", version: "1,false" });
});

test("where no file has it, 0 is none as ever", async () => {
  const { url, run } = await database(tables(2));
  await run("up");
  expect(await run("down", "--to", "0", "--yes")).toMatchObject({
    stdout: expect.stringContaining("is at version 0."),
  });
  expect(await recorded(postgres, url)).toEqual({ history: "", version: "" });
  expect((await run("up", "--to", "0")).stderr).toContain("The target is version 0, which no file has");
});
