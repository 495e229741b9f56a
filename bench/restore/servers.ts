import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { Client } from "pg";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import { CannotRun } from "../cannot-run";

const ROOT = path.resolve(__dirname, "..", "..");
export const DATABASE = "diabrisk";
const BATCH_ROWS = 100_000;
/** As prod's server has them, in the proportion of a machine of 4 GiB. */
const SETTINGS = {
  shared_buffers: "512MB",
  maintenance_work_mem: "256MB",
  max_wal_size: "4GB",
  autovacuum: "off",
  log_checkpoints: "off",
};

/** Starts a server with an empty database and the roles. */
export async function start(parent: string): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ parent, settings: SETTINGS });
  const client = await connected(server.url());
  await client.query(`create database ${DATABASE}`);
  await client.end();
  await bootstrap({ connection: { connectionString: server.url(DATABASE) }, passwords: {} });
  return server;
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Migrates and adds rows until the database has the size. */
export async function fill(server: EmbeddedPostgres, gigabytes: number): Promise<number> {
  const connection = { connectionString: server.url(DATABASE) };
  const migrator = createMigrator({
    connection,
    directory: path.join(ROOT, "migrations"),
    privileges: privilegesSql(),
  });
  await migrator.up();
  const client = await connected(server.url(DATABASE));
  const sql = await readFile(path.join(__dirname, "rows.sql"), "utf8");
  try {
    for (;;) {
      const { rows } = await client.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
      const bytes = Number(rows[0]?.bytes);
      if (bytes >= gigabytes * 1e9) return bytes;
      await client.query(sql, [BATCH_ROWS]);
    }
  } finally {
    await client.end();
  }
}

/** Runs one of PostgreSQL's programs against a server. @throws CannotRun if it fails */
export async function run(
  tools: string,
  { host, port, superuser, password }: EmbeddedPostgres,
  [program = "", ...args]: readonly string[],
) {
  const env = { PATH: process.env.PATH, PGHOST: host, PGPORT: String(port), PGUSER: superuser, PGPASSWORD: password };
  const child = spawn(path.join(tools, program), args, { env, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "close");
  if (code !== 0) throw new CannotRun(`${program} ended with exit code ${code}.`);
}
