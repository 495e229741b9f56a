import { EXIT } from "../../lib/contract";
import { failure, migratorFor } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { beside, MARK } from "../migrator/support/stepwise";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres({ settings: { max_prepared_transactions: "9", deadlock_timeout: "100ms" } });

const FIRST = { "1_a": "create table a (id int primary key, x int); insert into a values (1), (2);" };
const ONCE = { lockTimeoutSeconds: 0.5, lockTries: 1, statementTimeoutSeconds: 1.3 };

/** A database with table `a`, and transactions that somebody has prepared there. */
async function withPrepared(prepared: Readonly<Record<string, string>>): Promise<string> {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(pairs(FIRST))).up();
  for (const [gid, sql] of Object.entries(prepared))
    await postgres.query(url, `begin; ${sql}; prepare transaction '${gid.replaceAll("'", "''")}'`);
  return url;
}

async function end(url: string, ...gids: string[]): Promise<void> {
  for (const gid of gids) await postgres.query(url, `rollback prepared '${gid.replaceAll("'", "''")}'`);
}

test.each([
  ["update a set x = 1 where id = 1", "alter table a add y int;"],
  ["select * from a", "drop table a;"],
  ["lock table a in share mode", "update a set x = 2;"],
  // The lock of a row: the transaction itself is waited for.
  ["update a set x = 1 where id = 1", "update a set x = 2;"],
  ["insert into a values (7)", "insert into a values (7);"],
  ["select pg_advisory_xact_lock(42)", "select pg_advisory_xact_lock(42);"],
])(
  "after %j, %j waits for the prepared transaction, which is named with the commands that end it",
  async (held, sql) => {
    const url = await withPrepared({ "dbz-42": held });
    const migrator = migratorFor(url, makeFolder(pairs({ ...FIRST, "2_b": sql })), ONCE);
    const { exitCode, message } = await failure(migrator.up());
    expect(exitCode).toBe(EXIT.sql);
    const database = new URL(url).pathname.slice(1);
    expect(message).toContain(
      `held by the prepared transaction 'dbz-42' (role diabrisk, database ${database}, prepared `,
    );
    expect(message).toContain("rollback prepared 'dbz-42'; or, to keep its changes: commit prepared 'dbz-42'.");
    expect(message).not.toMatch(/was gone|End that session/);
    expect(migrator.events).toContainEqual(
      expect.objectContaining({
        event: "blocked",
        blockers: [expect.objectContaining({ prepared: "dbz-42", database })],
      }),
    );
    await end(url, "dbz-42");
    await migrator.up();
  },
);

test("an index built concurrently waits for one, too", async () => {
  const url = await withPrepared({ slow: "update a set x = 1" });
  const folder = makeFolder(pairs({ ...FIRST, "2_b": `${MARK}create index concurrently a_x on a (x);` }));
  const { message } = await failure(migratorFor(url, folder, ONCE).up());
  expect(message).toContain("It was waiting for the prepared transaction 'slow'");
  expect(message).toContain("rollback prepared 'slow'");
  await end(url, "slow");
});

test("only those in the way are named, each by its own name, and sessions beside them", async () => {
  const nasty = 'it\'s; \\ "x"';
  const url = await withPrepared({
    [nasty]: "update a set x = 1 where id = 1",
    elsewhere: "create table b ()",
    harmless: "select pg_advisory_xact_lock(1)",
  });
  await beside(url, "begin; select * from a", async () => {
    const folder = makeFolder(pairs({ ...FIRST, "2_b": "alter table a add y int;" }));
    const { message } = await failure(migratorFor(url, folder, ONCE).up());
    expect(message).toContain("(somebody, role diabrisk");
    expect(message).toContain("End that session, or run this when it has ended. No session holds");
    expect(message).toContain("the prepared transaction  E'it''s; \\\\ \"x\"'");
    expect(message).not.toMatch(/elsewhere|harmless/);
  });
  await end(url, nasty, "elsewhere", "harmless");
});

test("one that outlived a restart of the server is named as well", async () => {
  const url = await withPrepared({ old: "update a set x = 1 where id = 1" });
  await postgres.server.restart();
  const folder = makeFolder(pairs({ ...FIRST, "2_b": "alter table a add y int;" }));
  expect((await failure(migratorFor(url, folder, ONCE).up())).message).toContain("prepared transaction 'old'");
  await end(url, "old");
});
