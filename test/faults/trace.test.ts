import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { type TracedMigration, traceUp } from "../../lib/migrator/trace/trace";
import { CASES } from "../migrator/analysis/cases";
import { FIXTURE } from "../migrator/analysis/fixture";
import { migrateHere } from "../migrator/support/command";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

const LIMITS = { lockTimeoutSeconds: 5, statementTimeoutSeconds: 60, overrideReadOnly: false };

/** Traces one file on a database, which stays as it was if the file is one transaction. */
async function trace(url: string, up: string): Promise<TracedMigration> {
  const folder = makeFolder({ "1_a.up.sql": up });
  const files = { up: path.join(folder, "1_a.up.sql"), down: "" };
  return traceUp(
    { connectionString: url },
    { version: 1, name: "a", id: "1_a", files, hasDown: false, contract: false, checksum: "" },
    LIMITS,
  );
}

describe("on the fixture of the predictions", () => {
  let url: string;

  beforeAll(async () => {
    url = await postgres.createDatabase();
    await postgres.query(url, FIXTURE);
  });

  test.each(CASES)("%s: does what is predicted, and the trace says what that is", async (sql, expected) => {
    const [statement, ...more] = (await trace(url, sql)).statements;
    expect(more).toEqual([]);
    expect(statement).toMatchObject({ differences: [], sampled: false });
    expect(statement?.failed).toBeUndefined();
    const locks = statement?.effects.flatMap(({ relation, lock }) =>
      lock ? [`${relation.replace("public.", "")} ${lock}`] : [],
    );
    // A cascade and the like cannot be known from the text.
    if (statement?.unknown === undefined)
      for (const lock of locks ?? []) expect(expected.split(", ")).toContainEqual(expect.stringContaining(lock));
  });
});

/** The statements of the last of these files, on a scratch database. */
async function traced(...ups: string[]) {
  const files = Object.fromEntries(ups.map((up, index) => [`${index + 1}_f`, [up, "select 1"] as const]));
  const environment = { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder(pairs(files)) };
  const ran = await migrateHere(["test", "--trace", "--json"], environment);
  const lines = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return lines.filter(({ tracedStatement, version }) => tracedStatement && version === ups.length);
}

const USERS = "create table if not exists users (id int primary key, name text)";

test.each([
  ["a DO block", "do $$ begin execute 'alter table users alter name type varchar(9)'; end $$"],
  [
    "a function",
    "create function f() returns void language plpgsql as 'begin alter table users alter name type varchar(9); end'; select f()",
  ],
  [
    "a procedure that commits",
    "-- migrate:no-transaction\ncreate procedure p() language plpgsql as 'begin alter table users alter name type varchar(9); commit; end'; call p()",
  ],
])("sees into %s", async (name, sql) => {
  const statement = (await traced(USERS, sql)).at(-1);
  expect(statement).toMatchObject({
    unknown: expect.any(String),
    told: expect.arrayContaining(['rewriting table "users"']),
  });
  // After the commit the locks are gone, and another session may have missed them.
  if (!name.includes("commits"))
    expect(statement.effects).toEqual([
      { relation: "public.users", isNew: false, lock: "ACCESS EXCLUSIVE", blocks: "reads and writes", work: "rewrite" },
    ]);
});

test("says where the server did something else than the prediction", async () => {
  const tell = `${USERS}; create table log (t text);
    create function tell() returns trigger language plpgsql as $$ begin insert into log values ('x'); return new; end $$;
    create trigger tell before insert on users for each row execute function tell()`;
  const [statement] = await traced(tell, "insert into users values (1, 'a')");
  expect(statement.differences).toEqual(["took ROW EXCLUSIVE on log, which was not predicted"]);
});

test("sees what is deferred to COMMIT", async () => {
  const orders = `${USERS}; create table if not exists orders (u int references users deferrable initially deferred)`;
  const statements = await traced(orders, "insert into users values (1); insert into orders values (1)");
  expect(statements.map(({ kind }) => kind)).toEqual(["INSERT", "INSERT", "COMMIT"]);
  expect(statements[2].effects).toEqual([
    { relation: "public.users", isNew: false, lock: "ROW SHARE", held: "ROW EXCLUSIVE", blocks: "nothing" },
  ]);
});

test("tells the lock that an earlier statement holds, and what is new", async () => {
  const [, second, third] = await traced(
    USERS,
    "alter table users add a int; create index i on users (a); create table n (i int)",
  );
  expect(second.effects).toEqual([
    {
      relation: "public.users",
      isNew: false,
      lock: "SHARE",
      held: "ACCESS EXCLUSIVE",
      blocks: "reads and writes",
      work: "scan",
    },
  ]);
  expect(third.effects).toEqual([{ relation: "public.n", isNew: true, blocks: "nothing" }]);
});

test.each([
  ["create index concurrently i on users (name)", "SHARE UPDATE EXCLUSIVE"],
  ["drop index concurrently users_name", "SHARE UPDATE EXCLUSIVE"],
  ["reindex table concurrently users", "SHARE UPDATE EXCLUSIVE"],
  ["vacuum users", "SHARE UPDATE EXCLUSIVE"],
  ["vacuum (full) users", "ACCESS EXCLUSIVE"],
])("%s is seen from another session", async (sql, lock) => {
  const [statement] = await traced(
    `${USERS}; create index if not exists users_name on users (name)`,
    `-- migrate:no-transaction\n${sql}`,
  );
  expect(statement).toMatchObject({ sampled: true, differences: [] });
  expect(statement.failed).toBeUndefined();
  expect(statement.effects).toContainEqual(expect.objectContaining({ relation: "public.users", lock }));
});

test("a statement that fails ends the trace of its file, and the failure is the test's", async () => {
  const environment = {
    DATABASE_URL: postgres.server.url(),
    MIGRATIONS_DIR: makeFolder(pairs({ "1_a": `${USERS}; select nope; select 1` })),
  };
  const { code, stdout } = await migrateHere(["test", "--trace"], environment);
  expect(code).toBe(EXIT.sql);
  expect(stdout).toMatch(/SELECT .* failed\n/);
  expect(stdout).toContain('line 1, SELECT: failed: column "nope" does not exist\n');
});

test("a signal ends the statement that is traced", async () => {
  const stop = new AbortController();
  const environment = {
    DATABASE_URL: postgres.server.url(),
    MIGRATIONS_DIR: makeFolder(pairs({ "1_a": "select pg_sleep(600)" })),
  };
  const finished = migrateHere(["test", "--trace"], environment, { signal: stop.signal });
  const asleep = "select from pg_stat_activity where application_name ~ '^migrate trace' and wait_event = 'PgSleep'";
  while ((await postgres.query(postgres.server.url(), asleep)).length === 0);
  stop.abort();
  expect((await finished).code).toBe(EXIT.signalled);
});

test("as a table, and as Markdown alone for a pull request", async () => {
  const files = pairs({
    "1_users": [USERS, "drop table users"],
    "2_n": ["alter table users add n int", "alter table users drop n"],
  });
  const environment = { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder(files) };
  expect((await migrateHere(["test", "--trace"], environment)).stdout).toMatch(
    /2_n\.up\.sql \(one transaction\)\n +line .*\n +1 +ALTER TABLE +users +ACCESS EXCLUSIVE +reads and writes +[\d.]+ [mµ]?s +as predicted\n/,
  );
  const { code, stdout, stderr } = await migrateHere(["test", "--trace", "--markdown", "--from", "2"], environment);
  expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: "" });
  expect(stdout).toMatch(
    /^### `.*2_n\.up\.sql`\n\nRun as one transaction\.\n\n\| line \|.*\n\| --- .*\n\| 1 \| ALTER TABLE \| users \| ACCESS EXCLUSIVE \| reads and writes \|.*\| as predicted \|\n\nPassed/,
  );
});

test.each([["--markdown"], ["--trace", "--markdown", "--json"]])("%s %s %s is refused", async (...args) => {
  const environment = { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder({}) };
  expect((await migrateHere(["test", ...args.filter(Boolean)], environment)).code).toBe(EXIT.usage);
});
