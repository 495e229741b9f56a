import { EXIT } from "../../lib/contract";
import { failure, migratorFor, NOTHING_RAN, publicTables, recorded } from "../migrator/support/database";
import { makeFolder, pairs, tables, write } from "../migrator/support/folder";
import { GATE, gatedDatabase } from "../migrator/support/gate";
import { useMigrateCommand } from "../migrator/support/process";
import { CountingProxy } from "../migrator/support/proxy";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const migrate = useMigrateCommand();

const expectedAfter = (count: number) => ({
  history: Array.from({ length: count }, (_, index) => `${index + 1}:applied`).join(" "),
  version: `${count},false`,
});

/** Six migrations of a table each, the third of which is `sql`. */
const withThird = (sql: string) => {
  const { "000003_t3.up.sql": _, "000003_t3.down.sql": __, ...others } = tables(6);
  return { ...others, ...pairs({ "000003_t3": [sql, "drop table t3;"] }) };
};
const FIXED = { "000003_t3.up.sql": "create table t3 (id int);" };

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("It did not come to that within 10 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("messages are sent while the first still runs, a bounded number of them", async () => {
  const { url, reached, open } = await gatedDatabase(postgres);
  const proxy = await CountingProxy.start(postgres.server.port);
  const folder = makeFolder({ ...tables(40), "000001_t1.up.sql": `${GATE}create table t1 (id int);` });
  const running = migratorFor(url.replace(`:${postgres.server.port}/`, `:${proxy.port}/`), folder).up();
  // Startup, catalogue and lock are answered; the sixteen that follow are not.
  await eventually(() => proxy.queries.length === 18);
  expect(proxy.ready).toBe(3);
  await reached();
  expect(proxy.queries).toHaveLength(18);
  await open();
  expect((await running).version).toBe(40);
  await proxy.close();
  expect(await recorded(postgres, url)).toEqual(expectedAfter(40));
});

test("a large file is not sent ahead", async () => {
  const { url, reached, open } = await gatedDatabase(postgres);
  const proxy = await CountingProxy.start(postgres.server.port);
  const large = `create table t2 (id int); comment on table t2 is '${"x".repeat(300_000)}';`;
  const slow = { "000001_t1.up.sql": `${GATE}create table t1 (id int);`, "000002_t2.up.sql": large };
  const folder = makeFolder({ ...tables(4), ...slow });
  const running = migratorFor(url.replace(`:${postgres.server.port}/`, `:${proxy.port}/`), folder).up();
  // The server has it, and this process has had its turn for several answers.
  await reached();
  expect(proxy.queries).toHaveLength(3);
  await open();
  await running;
  await proxy.close();
  expect(await recorded(postgres, url)).toEqual(expectedAfter(4));
});

describe("the first failure stops all that were sent after it, and is told as if they had not been:", () => {
  test.each([
    ["an error in a statement", "create table t3 (id int);\nselect 1 / 0;", /3_t3\.up\.sql:2:1: division by zero/],
    ["an error of syntax, which the server finds before it begins", "create\n  tabel t3;", /3_t3\.up\.sql:2:3: syntax/],
    [
      "a constraint that fails at COMMIT",
      "create table t3 (id int references t1 deferrable initially deferred); insert into t3 values (1);",
      /3_t3\.up\.sql: insert or update[\s\S]*at COMMIT/,
    ],
    [
      "a block that ends the transaction",
      "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
      /3_t3\.up\.sql:1:\d+: invalid transaction termination/,
    ],
    ["a statement that takes too long", "create table t3 (id int); select pg_sleep(9);", /--statement-timeout/],
  ])("%s", async (_, sql, message) => {
    const url = await postgres.createDatabase();
    await postgres.query(url, `${NOTHING_RAN}; create table t1 (id int primary key); insert into t1 values (0)`);
    const folder = makeFolder({ ...withThird(sql), "000001_t1.up.sql": "select 1;" });
    const migrator = migratorFor(url, folder, { statementTimeoutSeconds: 1 });
    const error = await failure(migrator.up());
    expect(error.exitCode).toBe(EXIT.sql);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("Before it, 2 migrations ran and are recorded, up to 2.");
    expect(error.details).toMatchObject({ version: 3 });
    expect(await recorded(postgres, url)).toEqual(expectedAfter(2));
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1", "t2"]);
    expect(migrator.events.filter(({ level }) => level !== "info")).toEqual([]);
    write(folder, FIXED);
    expect((await migratorFor(url, folder).up()).applied.map(({ version }) => version)).toEqual([3, 4, 5, 6]);
    expect(await recorded(postgres, url)).toEqual(expectedAfter(6));
  });

  test("also on the way down", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder({ ...tables(6), "000004_t4.down.sql": "drop table t4; drop table nowhere;" });
    await migratorFor(url, folder).up();
    const error = await failure(migratorFor(url, folder).down({ to: 0 }));
    expect(error.message).toMatch(/4_t4\.down\.sql:1:\d+: table "nowhere" does not exist|4_t4\.down\.sql/);
    expect(await recorded(postgres, url)).toEqual(expectedAfter(4));
    write(folder, { "000004_t4.down.sql": "drop table t4;" });
    expect((await migratorFor(url, folder).down({ to: 0 })).reverted.map(({ version }) => version)).toEqual([
      4, 3, 2, 1,
    ]);
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
  });
});

test("one that waits for a lock is tried again by itself, and what follows runs once, after it", async () => {
  const url = await postgres.createDatabase();
  await postgres.query(url, `${NOTHING_RAN}; create table held (id int)`);
  const folder = makeFolder(withThird("create table t3 (id int); alter table held add n int;"));
  const migrator = migratorFor(url, folder, { lockTimeoutSeconds: 0.2 });
  await postgres.connected(url, async (client) => {
    await client.query("begin; lock table held");
    const running = migrator.up();
    await eventually(() => migrator.events.filter(({ event }) => event === "retry").length === 2);
    expect(await recorded(postgres, url)).toEqual(expectedAfter(2));
    await client.query("commit");
    expect((await running).applied.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
  });
  expect(await recorded(postgres, url)).toEqual(expectedAfter(6));
  expect(migrator.events.filter(({ event }) => event === "applied").map((event) => event.version)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});

test("what files say and what is applied is told in the order in which it happens", async () => {
  const files = Object.fromEntries(
    [1, 2, 3].map((n) => [`${n}_a`, `do $$ begin raise notice 'in ${n}'; end $$; create table t${n} (id int);`]),
  );
  const migrator = migratorFor(await postgres.createDatabase(), makeFolder(pairs(files)));
  await migrator.up();
  const told = migrator.events.map(({ event, message }) => (event === "applied" ? "applied" : message.trim()));
  expect(told).toEqual([1, 2, 3].flatMap((n) => [`notice: in ${n}`, "applied"]));
});

test("asked to stop, it finishes the one under way and runs none of those that were sent", async () => {
  const { url, reached, heldBack, open } = await gatedDatabase(postgres);
  const slow = Object.fromEntries([1, 2, 3, 4].map((n) => [`${n}_s`, `${n === 2 ? GATE : ""}create table t${n} ();`]));
  const stop = new AbortController();
  const running = failure(migratorFor(url, makeFolder(pairs(slow)), { signal: stop.signal }).up());
  await reached();
  stop.abort();
  await heldBack();
  await open();
  const error = await running;
  expect(error.exitCode).toBe(EXIT.signalled);
  expect(error.message).toMatch(/3_s was not started\.[\s\S]*2 migrations ran and are recorded, up to 2\./);
  expect(await recorded(postgres, url)).toEqual(expectedAfter(2));
  const locks = "select 1 from pg_locks where locktype = 'advisory'";
  await eventually(async () => (await postgres.query(url, locks)).length === 0);
});

test.each([false, true])(
  "asked to stop, the one under way has its grace and is cancelled then (tried again: %s)",
  async (again) => {
    const { url, reached } = await gatedDatabase(postgres);
    await postgres.query(url, `${NOTHING_RAN}; create schema other create table held ()`);
    const files = { "1_a": "create table a ();", "2_b": `lock table other.held nowait; ${GATE}create table b ();` };
    const stop = new AbortController();
    const migrator = migratorFor(url, makeFolder(pairs(files)), { signal: stop.signal, stopGraceSeconds: 0.5 });
    const running = await postgres.connected(url, async (client) => {
      if (again) await client.query("begin; lock table other.held");
      const up = failure(migrator.up());
      if (again) await eventually(() => migrator.events.some(({ event }) => event === "retry"));
      return { up };
    });
    await reached();
    const asked = Date.now();
    stop.abort();
    const error = await running.up;
    expect(Date.now() - asked).toBeGreaterThan(450);
    expect(error.exitCode).toBe(EXIT.signalled);
    expect(error.message).toMatch(/2_b was cancelled and rolled back[\s\S]*recorded, up to 1\./);
    expect(migrator.events.map(({ event }) => event)).toContain("stopping");
    expect(await publicTables(postgres, url)).toEqual(["a", "schema_migrations"]);
  },
);

test("what a file says has its detail and hint, in this order", async () => {
  const say = "do $$ begin raise warning 'said' using hint = 'do that', detail = 'of what'; end $$;";
  const migrator = migratorFor(await postgres.createDatabase(), makeFolder(pairs({ "1_a": say })));
  await migrator.up();
  expect(migrator.events).toContainEqual({
    level: "warn",
    event: "notice",
    message: "  warning: said\n    detail: of what\n    hint: do that",
  });
});

test("a lost session leaves a whole number of migrations, and says so", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(withThird("create table t3 (id int); select pg_sleep(5);"));
  const running = failure(migratorFor(url, folder).up());
  await eventually(async () => (await publicTables(postgres, url)).includes("t2"));
  await postgres.query(
    url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'migrate up@%' and datname = current_database()",
  );
  expect(await running).toMatchObject({
    exitCode: EXIT.unreachable,
    message: expect.stringContaining("000003_t3 ran"),
  });
  write(folder, FIXED);
  await migratorFor(url, folder).up();
  expect(await recorded(postgres, url)).toEqual(expectedAfter(6));
});

test.each([1, 15, 30, 45])(
  "killed when it has told of %i migrations, all that ran is recorded, and runs once",
  async (count) => {
    const url = await postgres.createDatabase();
    const files: Record<string, string> = { "1_log": "create table log (n int);" };
    for (let n = 2; n <= 60; n++) files[`${n}_n`] = `insert into log values (${n}); create table t${n} ();`;
    const environment = { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(pairs(files)) };
    const killed = migrate(["up"], environment);
    await killed.said(new RegExp(`(?:[^\\n]* {2}applied [^\\n]*\\n){${count}}`));
    killed.child.kill("SIGKILL");
    await killed.finished;
    expect(await migrate(["up"], environment).finished).toMatchObject({ code: 0 });
    expect(await recorded(postgres, url)).toEqual(expectedAfter(60));
    const [row] = await postgres.query(url, "select count(*)::int as all, count(distinct n)::int as once from log");
    expect(row).toEqual({ all: 59, once: 59 });
  },
);
