import { EXIT } from "../../lib/contract";
import { recorded } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { GATE, gatedDatabase } from "../migrator/support/gate";
import { useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const migrate = useMigrateCommand();

/** A file that runs statement by statement, whose second one takes that long. */
async function begun(slow: string) {
  const { url, reached, open } = await gatedDatabase(postgres);
  const file = `-- migrate:no-transaction\ncreate table a (id int);\n${slow};\ninsert into a values (3);`;
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(pairs({ "1_a": file })) };
  const start = (...args: string[]) => migrate(["up", ...args], environment);
  return { url, start, reached, open };
}

/** Ends when a session of the migrator is busy with a query like this, or when none is left. */
async function sessions(url: string, like: string, wanted: boolean): Promise<void> {
  const sql =
    "select from pg_stat_activity where application_name like 'migrate up@%' and datname = current_database() and query like $1";
  await postgres.connected(url, async (client) => {
    while (((await client.query(sql, [like])).rowCount ?? 0) > 0 !== wanted)
      await new Promise((resolve) => setTimeout(resolve, 10));
  });
}

const SLOW: Readonly<Record<string, string>> = {
  "a statement with its record in one transaction": "select pg_sleep(600)",
  "a block that commits on its way": "do $$ begin insert into a values (2); commit; perform pg_sleep(600); end $$",
};

test.each(Object.entries(SLOW))(
  "killed during %s, its work on the server ends long before it would",
  async (_, slow) => {
    const { url, start } = await begun(slow);
    const running = start();
    await sessions(url, "%pg_sleep%", true);
    running.child.kill("SIGKILL");
    await sessions(url, "%", false);
    expect((await recorded(postgres, url)).version).toBe("1,true");
  },
);

test("SIGTERM lets the statement under way finish and stops before the next; up goes on there", async () => {
  const { url, start, reached, open } = await begun(GATE.replace(/;\s*$/, ""));
  const running = start();
  await reached();
  running.child.kill("SIGTERM");
  await running.said(/Asked to stop/);
  await open();
  expect(await running.finished).toMatchObject({
    code: EXIT.signalled,
    stderr: expect.stringContaining(
      "1_a is not complete. Statements 1 to 2 of 3 are finished and recorded. `migrate up` goes on with statement 3",
    ),
  });
  expect(await start().finished).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1_a goes on with statement 3 of 3"),
  });
  expect(await postgres.query(url, "select id from a")).toEqual([{ id: 3 }]);
});

test("near the grace limit the statement is cancelled, and runs again", async () => {
  const { url, start } = await begun("select pg_sleep(60)");
  const running = start("--stop-grace", "0.1");
  await sessions(url, "%pg_sleep%", true);
  running.child.kill("SIGTERM");
  expect(await running.finished).toMatchObject({
    code: EXIT.signalled,
    stderr: expect.stringContaining("Statement 1 of 3 is finished and recorded. `migrate up` goes on with statement 2"),
  });
  expect((await recorded(postgres, url)).version).toBe("1,true");
});
