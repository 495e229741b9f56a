import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { failure, migratorFor, publicTables } from "../migrator/support/database";
import { makeFolder, tables } from "../migrator/support/folder";
import { told } from "../migrator/support/stepwise";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const primary = usePostgres();

/** Starts the server again as a standby without a primary, which reads what it has. */
async function demote(): Promise<void> {
  await postgres.server.stop();
  const signal = path.join(postgres.server.directory, "data", "standby.signal");
  fs.writeFileSync(signal, "");
  // The server opens it for writing, under its own user.
  fs.chmodSync(signal, 0o666);
  await postgres.server.restart();
}

const promote = (url: string) => postgres.query(url, "select pg_promote()");

test("a standby is read by the commands that read, and is not ready for those that write", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(tables(2));
  await migratorFor(url, directory).up({ to: 1 });
  const scratch = await postgres.createDatabase();
  await demote();
  const migrator = migratorFor(url, directory, { connectTries: 1 });
  for (const write of [
    () => migrator.up(),
    () => migrator.down({ steps: 1 }),
    () => migrator.baseline({ version: 2 }),
    () => migrator.test(),
    () => migrator.test({ scratch: { connectionString: scratch } }),
  ]) {
    const { exitCode, message } = await failure(write());
    expect(exitCode).toBe(EXIT.unreachable);
    expect(message).toMatch(/is a standby, which only reads; nothing was written\. Connect to the primary\./);
  }
  expect(await migrator.status()).toMatchObject({ version: 1, pending: 1, problems: [] });
  expect(await migrator.wait({ version: 1, timeoutSeconds: 0 })).toEqual({ version: 1 });
  expect((await migrator.plan()).migrations).toHaveLength(1);
  expect(migrator.events).toContainEqual(expect.objectContaining({ event: "takes-no-writes" }));
  expect(await migrator.verify({ drift: true })).toMatchObject({
    version: 1,
    problems: [],
    drift: { checked: false, reason: expect.stringContaining("--scratch") },
  });
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const command = (name: string) => migrateHere([name, "--connect-tries", "1"], environment);
  expect(await command("status")).toMatchObject({ code: EXIT.pending, stderr: "" });
  expect(await command("verify")).toMatchObject({ code: EXIT.pending });
  expect(await command("up")).toMatchObject({ code: EXIT.unreachable });
  await promote(url);
});

test("up waits for the promotion, says so, and goes on", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(tables(2));
  await demote();
  const migrator = migratorFor(url, directory);
  const running = migrator.up();
  const waiting = await told([migrator], "waiting-for-database");
  expect(waiting.message).toContain("is not ready (it is a standby, which only reads); try 2 of 30");
  await promote(url);
  expect(await running).toMatchObject({ version: 2 });
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1", "t2"]);
});

test("drift of a standby is found with a scratch database on a primary", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(tables(1));
  await migratorFor(url, directory).up();
  await postgres.query(url, "alter table t1 add byhand int");
  await demote();
  const scratch = { connectionString: await primary.createDatabase() };
  expect(await migratorFor(url, directory).verify({ drift: true, scratch })).toMatchObject({
    drift: { checked: true, differences: ["+ column t1.byhand integer"] },
  });
  await promote(url);
});
