import { createServer } from "node:net";
import { EXIT, VERSION } from "../../lib/contract";
import { publicTables, recorded } from "../migrator/support/database";
import { makeFolder, pairs, tables, write } from "../migrator/support/folder";
import { GATE, gatedDatabase } from "../migrator/support/gate";
import { type Running, useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const migrate = useMigrateCommand();

/** A new database, and `migrate` on it with a folder. */
async function on(folder: string) {
  const url = await postgres.createDatabase();
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: folder };
  return { url, environment, run: (...args: string[]) => migrate(args, environment).finished };
}

/** Ends when the first session with that application_name is busy. */
async function busy(url: string, application: string): Promise<void> {
  const sql =
    "select from pg_stat_activity where application_name like $1 and state = 'active' and query like 'begin%' and datname = current_database()";
  await postgres.connected(url, async (client) => {
    while ((await client.query(sql, [application])).rowCount === 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
  });
}

test("a person's day: status, up, status, verify, down, wait", async () => {
  const folder = makeFolder(tables(3));
  const { run } = await on(folder);
  expect(await run("status")).toMatchObject({
    code: EXIT.pending,
    stdout: expect.stringMatching(/at version 0, 3 pending\.\n.*version.*\n +1 {2}t1 +pending/),
  });
  expect(await run("up")).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(
      /applied +000001_t1 +[\d.]+ m?s\n[\s\S]*Applied 3 migrations in [\d.]+ m?s\. test_\d+ is at version 3\./,
    ),
  });
  expect(await run("up")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Nothing to do: test_\d+ is at version 3\.\n$/),
  });
  expect(await run("status")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /nothing pending\.[\s\S]*1 {2}t1 +applied +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +\d+ (ms|µs) +diabrisk +ok/,
    ),
  });
  expect(await run("verify")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("3 applied files compared, 0 pending, no difference"),
  });
  expect(await run("down", "--steps", "1")).toMatchObject({
    code: EXIT.usage,
    stderr: expect.stringContaining("Add --yes if you mean it"),
  });
  expect(await run("down", "--steps", "1", "--yes")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Undid 1 migration."),
  });
  expect(await run("wait", "--version", "3", "--timeout", "0.1")).toMatchObject({
    code: EXIT.pending,
    stderr: expect.stringContaining("at version 2, and not at 3"),
  });
  write(folder, pairs({ "000001_t1": "create table other (id int);" }));
  expect(await run("verify")).toMatchObject({
    code: EXIT.refused,
    stdout: expect.stringContaining("has changed since it was applied"),
  });
});

test("--json prints one object a line, errors included", async () => {
  const { run } = await on(makeFolder({ ...tables(1), ...pairs({ "2_bad": "select 1;\nselect nope;" }) }));
  const lines = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  const up = await run("up", "--json");
  expect(up).toMatchObject({ code: EXIT.sql, stderr: "" });
  expect(lines(up.stdout)).toEqual([
    expect.objectContaining({
      level: "info",
      event: "applied",
      version: 1,
      name: "t1",
      milliseconds: expect.any(Number),
    }),
    expect.objectContaining({
      level: "error",
      exitCode: EXIT.sql,
      sqlstate: "42703",
      version: 2,
      position: expect.objectContaining({ line: 2, column: 8 }),
    }),
  ]);
  expect(lines((await run("status", "--json")).stdout)).toEqual([
    expect.objectContaining({ migration: true, version: 1, state: "applied" }),
    expect.objectContaining({ migration: true, version: 2, state: "pending" }),
    expect.objectContaining({ result: "status", version: 1, pending: 1, dirty: false }),
  ]);
});

describe("the command line", () => {
  const cases: Record<string, [args: string[], code: number, says: RegExp]> = {
    "without a command": [[], EXIT.usage, /Say which command: up, down/],
    "with a mistyped command": [["stauts"], EXIT.usage, /"stauts" is no command\. Did you mean status\?/],
    "with a mistyped option": [["up", "--alow-out-of-order"], EXIT.usage, /Did you mean --allow-out-of-order\?/],
    "with an option without its value": [["up", "--to"], EXIT.usage, /--to needs a value/],
    "with every number wrong, all at once": [
      ["up", "--to", "x", "--lock-wait", "-1", "--statement-timeout", "99999999"],
      EXIT.usage,
      /--to is "x"[\s\S]*--lock-wait[\s\S]*--statement-timeout is "99999999"; it takes a number of seconds of at most 2147483/,
    ],
    "with a word too many": [["up", "5"], EXIT.usage, /"5" is one word too many/],
    "with neither --to nor --steps": [["down", "--yes"], EXIT.usage, /down takes --to N, --steps K or --all/],
    "asking for the version": [["--version"], 0, new RegExp(`^migrate ${VERSION}\n$`)],
    "asking for help": [["--help"], 0, /up +Run what is pending/],
    "asking for a command's help": [["wait", "--help"], 0, /--timeout SECONDS +When to give up/],
    "without any database": [["up"], EXIT.usage, /No database is named/],
  };
  test.each(Object.entries(cases))("%s", async (_, [args, code, says]) => {
    const finished = await migrate(args).finished;
    expect(finished.stdout + finished.stderr).toMatch(says);
    expect(finished.code).toBe(code);
  });
});

describe("a database that cannot be reached", () => {
  test("for a wrong password fails at once, without showing it", async () => {
    const finished = await migrate(["up"], { DATABASE_URL: postgres.server.url("postgres", "diabrisk", "wr0ng") })
      .finished;
    expect(finished).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringMatching(/password authentication failed.*The password of diabrisk is wrong/),
    });
    expect(finished.stderr).not.toContain("wr0ng");
  });

  test("for a missing database fails at once", async () => {
    const finished = await migrate(["up"], { DATABASE_URL: postgres.server.url("nowhere") }).finished;
    expect(finished).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining("There is no database nowhere"),
    });
  });

  test("is tried for as often as asked, then given up", async () => {
    const finished = await migrate(["up", "--connect-tries", "2"], {
      DATABASE_URL: "postgres://u:s3cret@127.0.0.1:1/d",
    }).finished;
    expect(finished).toMatchObject({
      code: EXIT.unreachable,
      stderr: expect.stringMatching(
        /try 2 of 2 in[\s\S]*The database d on 127\.0\.0\.1:1 was not reachable, tried 2 times; at last: connect ECONNREFUSED/,
      ),
    });
    expect(finished.stderr).not.toContain("s3cret");
  });

  test("is waited for while it starts", async () => {
    const url = await postgres.createDatabase();
    const reserved = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => reserved.once("listening", resolve));
    await postgres.server.stop();
    const running = migrate(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(tables(1)) });
    await running.said(/is not ready/);
    await postgres.server.restart();
    reserved.close();
    expect(await running.finished).toMatchObject({ code: 0 });
  });
});

describe("killed in the middle", () => {
  const slow = (seconds: number) => ({
    ...tables(1),
    ...pairs({ "2_slow": `create table slow (id int); select pg_sleep(${seconds}); insert into slow values (1);` }),
  });

  const gated = {
    ...tables(1),
    ...pairs({
      "2_slow": `create table slow (id int); ${GATE}insert into slow values (1);`,
      "3_c": "create table c (id int);",
    }),
  };
  type Run = Running & Awaited<ReturnType<typeof gatedDatabase>>;
  const MOMENTS: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
    "when it has told of the first migration": ({ said }) => said(/applied +000001_t1/),
    "in the middle of a migration": ({ reached }) => reached(),
    "when that can go on": ({ reached, open }) => reached().then(open),
    "when it has told of that": ({ said, reached, open }) =>
      reached()
        .then(open)
        .then(() => said(/applied +2_slow/)),
    "when it has told of the last": ({ said, reached, open }) =>
      reached()
        .then(open)
        .then(() => said(/applied +3_c/)),
  };

  test.each(Object.entries(MOMENTS))(
    "%s: nothing is half done, and the next run goes on by itself",
    async (_, moment) => {
      const gate = await gatedDatabase(postgres);
      const { url, open } = gate;
      const environment = { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(gated) };
      const running = migrate(["up"], environment);
      await moment({ ...running, ...gate });
      running.child.kill("SIGKILL");
      await running.finished;
      await open();
      expect(await migrate(["up"], environment).finished).toMatchObject({ code: 0 });
      expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied 3:applied", version: "3,false" });
      expect(await postgres.query(url, "select id from slow")).toEqual([{ id: 1 }]);
    },
  );

  test("its work on the server ends long before its statement would, and its lock with it", async () => {
    const { url, environment } = await on(makeFolder(slow(600)));
    const running = migrate(["up"], environment);
    await busy(url, "migrate up@%");
    running.child.kill("SIGKILL");
    await postgres.connected(url, async (client) => {
      const sessions =
        "select from pg_stat_activity where application_name like 'migrate up@%' and datname = current_database()";
      while (((await client.query(sessions)).rowCount ?? 0) > 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1"]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s lets the migration under way finish and stops before the next",
    async (signal) => {
      const { url, reached, heldBack, open } = await gatedDatabase(postgres);
      const running = migrate(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(gated) });
      await running.said(/applied +000001_t1/);
      await reached();
      running.child.kill(signal);
      await running.said(/Asked to stop/);
      await heldBack();
      await open();
      expect(await running.finished).toMatchObject({
        code: EXIT.signalled,
        stderr: expect.stringMatching(/Stopped by a signal\. 3_c was not started\.[\s\S]*2 migrations ran/),
      });
      expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied", version: "2,false" });
    },
  );

  test("near the grace limit the migration under way is cancelled", async () => {
    const { url, environment } = await on(makeFolder(slow(30)));
    const running = migrate(["up", "--stop-grace", "0.1"], environment);
    await running.said(/applied +000001_t1/);
    await busy(url, "migrate up@%");
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({
      code: EXIT.signalled,
      stderr: expect.stringContaining("2_slow was cancelled and rolled back"),
    });
    expect((await recorded(postgres, url)).version).toBe("1,false");
  });

  test("while it waits for the database it stops at once", async () => {
    const running = migrate(["up"], { DATABASE_URL: "postgres://u:p@127.0.0.1:1/d" });
    await running.said(/is not ready/);
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ code: EXIT.signalled });
  });
});

test("two processes on an empty database: one applies, the other finds nothing to do", async () => {
  const { url, environment } = await on(makeFolder(tables(6)));
  const finished = await Promise.all([1, 2].map(() => migrate(["up"], environment).finished));
  expect(finished.map(({ code }) => code)).toEqual([0, 0]);
  expect(finished.map(({ stdout }) => (stdout.match(/ {2}applied /g) ?? []).length).sort()).toEqual([0, 6]);
  expect((await recorded(postgres, url)).version).toBe("6,false");
});

test("a server whose session is ended from outside leaves nothing half done", async () => {
  const { url, environment } = await on(makeFolder(pairs({ "1_a": "create table a (id int); select pg_sleep(30);" })));
  const running = migrate(["up"], environment);
  await busy(url, "migrate up@%");
  await postgres.query(
    url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'migrate up@%' and datname = current_database()",
  );
  expect(await running.finished).toMatchObject({
    code: EXIT.unreachable,
    stderr: expect.stringContaining("Run this again to go on"),
  });
  expect(await publicTables(postgres, url)).toEqual([]);
});

test("it goes on when nobody reads its output any more", async () => {
  const { url, environment } = await on(makeFolder(tables(20)));
  const running = migrate(["up"], environment);
  await running.said(/applied/);
  running.child.stdout?.destroy();
  expect(await running.finished).toMatchObject({ code: 0, stderr: "" });
  expect((await recorded(postgres, url)).version).toBe("20,false");
});
