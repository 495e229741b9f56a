import * as path from "node:path";
import { Client } from "pg";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";

const MIGRATIONS = path.resolve(__dirname, "../../migrations");

/** Starts a throwaway PostgreSQL. `url` opens its bootstrapped and migrated database `diabrisk` as the superuser. */
export async function withMigratedDatabase<Result>(use: (url: string) => Promise<Result>): Promise<Result> {
  const server = await EmbeddedPostgres.start();
  try {
    return await use(await migratedDatabase(server, "diabrisk"));
  } finally {
    await server.remove();
  }
}

/** Makes a database on `server` with the roles and all migrations. Returns its URL. */
export async function migratedDatabase(server: EmbeddedPostgres, name: string): Promise<string> {
  await createDatabase(server, name);
  const connectionString = server.url(name);
  await bootstrap({ connection: { connectionString }, passwords: {} });
  await createMigrator({ connection: { connectionString }, directory: MIGRATIONS, privileges: privilegesSql() }).up();
  return connectionString;
}

async function createDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
