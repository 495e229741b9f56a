import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor, publicTables, recorded, writes } from "./support/database";
import { makeFolder, tables, write } from "./support/folder";

const postgres = usePostgres();

/** A database that holds `sql`, and migrations t1 to t4. */
async function database(sql = "") {
  const url = await postgres.createDatabase();
  if (sql) await postgres.query(url, sql);
  const directory = makeFolder(tables(4));
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const run = (...args: string[]) => migrateHere(["baseline", ...args], environment);
  return { url, directory, environment, run, migrator: migratorFor(url, directory) };
}

/** What golang-migrate leaves behind at a version. */
const at = (version: number, dirty: boolean) =>
  `create table schema_migrations (version bigint not null primary key, dirty boolean not null);
   insert into schema_migrations values (${version}, ${dirty})`;

test("a database made by hand: recorded as it is, and up goes on from there", async () => {
  const { url, run, environment } = await database("create table t1 (id int); create table t2 (id int)");
  expect(await run("--version", "2", "--yes")).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringMatching(/Recorded 2 migrations as baseline, 0 as reverted\. test_\d+ is at version 2\.\n$/),
  });
  expect(await recorded(postgres, url)).toEqual({ history: "1:baseline 2:baseline", version: "2,false" });
  expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok });
  expect(await recorded(postgres, url)).toMatchObject({ history: "1:baseline 2:baseline 3:applied 4:applied" });
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1", "t2", "t3", "t4"]);
});

test("it lists exactly what it will write, asks, and writes nothing after a no", async () => {
  const { url, environment } = await database();
  const before = await writes(postgres, url);
  const questions: string[] = [];
  const ask = (answer: string) => async (question: string) => {
    questions.push(question);
    return answer;
  };
  const no = await migrateHere(["baseline", "--version", "2"], environment, { ask: ask("n") });
  expect(no).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining("Nothing was written.") });
  expect(no.stdout).toContain(
    `This will be written, and nothing be run:
  migrate.history: 000001_t1 is recorded as baseline, without being run
  migrate.history: 000002_t2 is recorded as baseline, without being run
  public.schema_migrations: no row becomes (2, false)
`,
  );
  expect(questions).toEqual(["Write it? Type yes: "]);
  expect(await writes(postgres, url)).toBe(before);
  await migrateHere(["baseline", "--version", "2"], environment, { ask: ask("yes") });
  expect((await recorded(postgres, url)).version).toBe("2,false");
});

test("again it has nothing to do", async () => {
  const { run, url } = await database();
  await run("--version", "2", "--yes");
  const before = await writes(postgres, url);
  expect(await run("--version", "2")).toMatchObject({ code: EXIT.usage });
  expect(await run("--version", "2", "--yes")).toMatchObject({
    stdout: expect.stringContaining("Nothing was written."),
  });
  expect(await writes(postgres, url)).toBe(before);
});

describe("a dirty database", () => {
  test("is refused by up with the very command that mends it", async () => {
    const { url, run, environment } = await database(at(3, true));
    const refused = await migrateHere(["up"], environment);
    expect(refused.code).toBe(EXIT.refused);
    const [, command = "", option = ""] = /`migrate (baseline) (--force) N`/.exec(refused.stderr) ?? [];
    expect(await migrateHere([command, option, "2", "--yes"], environment)).toMatchObject({ code: EXIT.ok });
    expect(await recorded(postgres, url)).toEqual({ history: "1:baseline 2:baseline", version: "2,false" });
    expect(await run("--force", "2", "--yes")).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("is not dirty"),
    });
  });

  test("that was migrated here is corrected in both directions", async () => {
    const { url, run, migrator } = await database();
    await migrator.up({ to: 3 });
    await postgres.query(url, "update schema_migrations set version = 4, dirty = true");
    expect((await run("--force", "2", "--yes", "--json")).stdout).toContain(
      '"recorded":[],"reverted":[3],"changed":true',
    );
    expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied", version: "2,false" });
  });

  test("to version 0 leaves no row, after a first down that failed", async () => {
    const { url, run } = await database(at(-1, true));
    expect(await run("--force", "0", "--yes")).toMatchObject({ code: EXIT.ok });
    expect(await recorded(postgres, url)).toEqual({ history: "", version: "" });
  });

  test("at a version that no file has can be corrected too", async () => {
    const { url, run } = await database(at(99, true));
    expect(await run("--force", "4", "--yes")).toMatchObject({ code: EXIT.ok });
    expect((await recorded(postgres, url)).version).toBe("4,false");
  });
});

describe("refused, with nothing written", () => {
  const cases: Record<
    string,
    [prepare: (d: Awaited<ReturnType<typeof database>>) => Promise<unknown>, args: string[], says: RegExp]
  > = {
    "a version that no file has": [async () => {}, ["--version", "9"], /No file has version 9; the newest is 4/],
    "version 0, which no file has": [async () => {}, ["--version", "0"], /No file has version 0; the newest is 4/],
    "what is below the history": [
      ({ migrator }) => migrator.up({ to: 3 }),
      ["--version", "2"],
      /at version 3 already, and the history says how it came there.*use down --to 2/,
    ],
    "a dirty database without --force": [
      ({ url }) => postgres.query(url, at(2, true)),
      ["--version", "2"],
      /is dirty: public\.schema_migrations says \(2, true\)/,
    ],
    "a file that has changed since": [
      async ({ migrator, directory }) => {
        await migrator.up({ to: 2 });
        write(directory, { "000001_t1.up.sql": "select 2;" });
      },
      ["--version", "3"],
      /000001_t1\.up\.sql has changed since it was applied/,
    ],
    "another tool's database, unless it is named": [
      ({ url }) => postgres.query(url, "create table goose_db_version (id int)"),
      ["--version", "2"],
      /baseline --version N --from goose/,
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, [prepare, args, says]) => {
    const made = await database();
    await prepare(made);
    const before = await writes(postgres, made.url);
    const { code, stderr } = await made.run(...args, "--yes");
    expect(stderr).toMatch(says);
    expect(code).toBe(EXIT.refused);
    expect(await writes(postgres, made.url)).toBe(before);
  });
});

test("another tool's database is adopted by naming the tool", async () => {
  const { url, run } = await database("create table goose_db_version (id int)");
  expect(await run("--version", "2", "--from", "goose", "--yes")).toMatchObject({ code: EXIT.ok });
  expect(await run("--version", "2", "--from", "goose", "--yes")).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringMatching(/nothing/i),
  });
  expect((await recorded(postgres, url)).version).toBe("2,false");
});

test("what another runner did while the person thought is not overrun", async () => {
  const { migrator } = await database();
  const error = await failure(
    migrator.baseline({ version: 2, confirm: async () => (await migrator.up({ to: 1 })).version === 1 }),
  );
  expect(error).toMatchObject({
    exitCode: EXIT.refused,
    message: expect.stringContaining("Another runner has changed"),
  });
});

test.each([
  [[], /takes --version N or --force N/],
  [["--version", "1", "--force", "1"], /one of them/],
  [["--force", "-2"], /--force is "-2"; it takes a whole number of at least -1/],
  [["--version", "1", "--from", "gooze"], /--from is "gooze"; it takes one of golang-migrate, goose/],
  [["--version", "1"], /Add --yes if you mean it/],
])("baseline %j is bad usage", async (args, says) => {
  const { code, stderr } = await migrateHere(["baseline", ...args], { DATABASE_URL: "postgres://u@127.0.0.1:1/d" });
  expect(stderr).toMatch(says);
  expect(code).toBe(EXIT.usage);
});
