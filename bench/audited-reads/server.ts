import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Client } from "pg";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";

const MIGRATIONS = path.resolve(__dirname, "..", "..", "migrations");
const DATABASE = "diabrisk";
const PASSWORD = "benchmark";
/** A crash loses nothing, as in a pod: commits wait for the disk. */
const SETTINGS = { fsync: "on", full_page_writes: "on", shared_buffers: "256MB", log_checkpoints: "off" };

export const PEOPLE = 2000;
/** Assessments of each person: one page of history. */
export const ROWS = 20;

/** A server with people and their assessments, and what it has used. */
export interface Server {
  readonly postgres: EmbeddedPostgres;
  /** URL of the role that the service has in a pod. */
  readonly url: string;
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function startServer(parent: string): Promise<Server> {
  const postgres = await EmbeddedPostgres.start({ parent, settings: SETTINGS });
  const clients: Client[] = [];
  const connected = async (database?: string) => {
    const client = new Client({ connectionString: postgres.url(database) });
    await client.connect();
    clients.push(client);
    return client;
  };
  await (await connected()).query(`create database ${DATABASE}`);
  const connection = { connectionString: postgres.url(DATABASE) };
  await bootstrap({ connection, passwords: { data_svc: PASSWORD } });
  await createMigrator({ connection, directory: MIGRATIONS, privileges: privilegesSql() }).up();
  const client = await connected(DATABASE);
  await client.query(await fs.readFile(path.join(__dirname, "people.sql"), "utf8"), [PEOPLE, ROWS]);
  await client.query("vacuum (analyze)");
  return {
    postgres,
    url: postgres.url(DATABASE, "data_svc", PASSWORD),
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await client.query(sql, [...values])).rows as Row[],
    async close() {
      for (const client of clients) await client.end();
      await postgres.remove();
    },
  };
}
