import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { bootstrap } from "../../lib/roles/bootstrap";
import { migrateHere } from "../migrator/support/command";
import { failure, migratorFor, publicTables, writes } from "../migrator/support/database";
import { makeFolder, pairs, tables } from "../migrator/support/folder";
import { GATE, gatedDatabase } from "../migrator/support/gate";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

/** Makes the whole server read-only while `use` runs, by lines of a file that its configuration includes, or by ALTER SYSTEM. */
async function readOnly(how: "file" | "system", use: () => Promise<void>): Promise<void> {
  const data = path.join(postgres.server.directory, "data");
  const included = path.join(data, "full.conf");
  const reload = async (line: string, command: string) => {
    fs.writeFileSync(included, line, { mode: 0o644 });
    await postgres.connected(postgres.server.url(), async (client) => {
      await client.query("set default_transaction_read_only = off");
      if (how === "system") await client.query(command);
      await client.query("select pg_reload_conf()");
    });
    const wanted = line === "" ? "off" : "on";
    const setting = () => postgres.query(postgres.server.url(), "show default_transaction_read_only");
    while (JSON.stringify(await setting()) !== JSON.stringify([{ default_transaction_read_only: wanted }]));
  };
  const configuration = path.join(data, "postgresql.conf");
  const before = fs.readFileSync(configuration, "utf8");
  if (how === "file") fs.appendFileSync(configuration, "\ninclude_if_exists 'full.conf'\n");
  try {
    await reload(
      how === "file" ? "default_transaction_read_only = on\n" : "# not read\n",
      "alter system set default_transaction_read_only = on",
    );
    await use();
  } finally {
    await reload("", "alter system reset default_transaction_read_only");
    fs.writeFileSync(configuration, before);
  }
}

test.each([
  ["file", /by line 1 of \/.*full\.conf/],
  ["system", /by line \d+ of \/.*postgresql\.auto\.conf \(ALTER SYSTEM\)/],
] as const)("a server made read-only by %s is written to by no command, which says where from", async (how, says) => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(tables(2));
  await migratorFor(url, folder).up({ to: 1 });
  await readOnly(how, async () => {
    const written = await writes(postgres, url);
    const edited = makeFolder({ ...tables(2), "000001_t1.up.sql": "-- Reworded.\ncreate table t1 (id int);" });
    const migrator = migratorFor(url, folder);
    const refused = {
      up: () => migrator.up(),
      down: () => migrator.down({ steps: 1 }),
      baseline: () => migrator.baseline({ version: 2 }),
      repair: () => migratorFor(url, edited).repair(),
      test: () => migrator.test(),
      bootstrap: () => bootstrap({ connection: { connectionString: url }, passwords: {} }),
    };
    for (const command of Object.values(refused)) {
      const { exitCode, message } = await failure(command());
      expect(exitCode).toBe(EXIT.unreachable);
      expect(message).toMatch(says);
      expect(message).toContain("--override-read-only");
    }
    expect(await migrator.status()).toMatchObject({ version: 1, pending: 1 });
    expect((await migrator.plan()).migrations).toHaveLength(1);
    expect(migrator.events).toContainEqual(expect.objectContaining({ event: "takes-no-writes" }));
    const { drift, ...verified } = await migrator.verify({ drift: true });
    expect(verified).toMatchObject({ version: 1, problems: [] });
    expect(drift).toMatchObject({ checked: false, reason: expect.stringMatching(says) });
    // Nothing to do is nothing to write.
    expect(await migratorFor(url, makeFolder(tables(1))).up()).toMatchObject({ version: 1, applied: [] });
    expect(await writes(postgres, url)).toBe(written);
  });
});

test("a role that may not see where it comes from is told who may", async () => {
  const url = await postgres.createDatabase("owned");
  await postgres.query(url, "create role plain login password 'x'; alter database owned owner to plain");
  await readOnly("file", async () => {
    const { message } = await failure(
      migratorFor(postgres.server.url("owned", "plain", "x"), makeFolder(tables(1))).up(),
    );
    expect(message).toContain("by a configuration file of the server (a member of pg_read_all_settings sees which one");
  });
});

test("--override-read-only means it, for files of both kinds", async () => {
  const url = await postgres.createDatabase();
  const vacuumed = pairs({
    "000003_v": ["-- migrate:no-transaction\nvacuum t1;\ninsert into t1 values (1);", "delete from t1;"],
  });
  const directory = makeFolder({ ...tables(2), ...vacuumed });
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  await readOnly("system", async () => {
    expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.unreachable });
    expect(await migrateHere(["up", "--override-read-only"], environment)).toMatchObject({ code: 0 });
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1", "t2"]);
    expect(await migrateHere(["test", "--override-read-only"], environment)).toMatchObject({ code: 0 });
    const down = ["down", "--steps", "1", "--yes", "--override-read-only"];
    expect(await migrateHere(down, environment)).toMatchObject({ code: 0 });
  });
});

test.each([
  "alter role all set default_transaction_read_only = on",
  "alter database DATABASE set default_transaction_read_only = on",
  "alter role diabrisk in database DATABASE set default_transaction_read_only = on",
])("%s is for other sessions, as ever", async (sql) => {
  const url = await postgres.createDatabase();
  await postgres.query(url, sql.replace("DATABASE", new URL(url).pathname.slice(1)));
  try {
    expect(await migratorFor(url, makeFolder(tables(1))).up()).toMatchObject({ version: 1 });
  } finally {
    await postgres.connected(url, async (client) => {
      await client.query("set default_transaction_read_only = off");
      await client.query("alter role all reset default_transaction_read_only");
    });
  }
});

test("a server that becomes read-only in the middle of a run is written to no more", async () => {
  const { url, reached } = await gatedDatabase(postgres);
  const slow = pairs({ "000002_s": `${GATE}create table t2 ();` });
  const { "000002_t2.up.sql": _, "000002_t2.down.sql": __, ...others } = tables(4);
  const folder = makeFolder({ ...others, ...slow });
  const running = failure(migratorFor(url, folder).up());
  await reached();
  await readOnly("system", async () => {
    await postgres.connected(url, async (client) => {
      await client.query("set default_transaction_read_only = off");
      await client.query("select nextval('gate.opened')");
    });
    const { exitCode, message } = await running;
    expect(exitCode).toBe(EXIT.unreachable);
    expect(message).toMatch(/000003_t3 was rolled back\.[\s\S]*2 migrations ran and are recorded, up to 2\./);
  });
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 4, applied: [{ version: 3 }, { version: 4 }] });
});

test("nor in the middle of a file that runs statement by statement", async () => {
  const { url, reached } = await gatedDatabase(postgres);
  const text = `-- migrate:no-transaction\n${GATE}create table t1 ();`;
  const folder = makeFolder(pairs({ "000001_t1": text, "000002_t2": "create table t2 ();" }));
  const running = failure(migratorFor(url, folder).up());
  await reached();
  await readOnly("file", async () => {
    await postgres.connected(url, async (client) => {
      await client.query("set default_transaction_read_only = off");
      await client.query("select nextval('gate.opened')");
    });
    const { exitCode, message } = await running;
    expect(exitCode).toBe(EXIT.unreachable);
    expect(message).toMatch(
      /on by line 1 of .*full\.conf\. Statement 1 of 2 is finished and recorded\. `migrate up` goes on/,
    );
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations"]);
  });
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 2 });
});
