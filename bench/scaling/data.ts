import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Client } from "pg";
import { createMigrator } from "../../lib/migrator";
import { bootstrap, privilegesSql } from "../../lib/roles";
import type { LimitedServer } from "./limited-server";

export const DATABASE = "diabrisk";
/** The database of pgbench's own tables. */
export const PGBENCH = "pgbench";
/** Of role data_svc, on servers that end with their run. */
export const PASSWORD = "of-this-run-alone";

const MIGRATIONS = path.resolve(__dirname, "..", "..", "migrations");
/** Months that `fill` puts audit rows in, and one to spare. */
const MONTHS = 51;
const BATCH_ROWS = 5000;
const SESSIONS = 2;

/** Makes the empty databases, and `people` persons. */
export async function createDatabases(server: LimitedServer, people: number): Promise<void> {
  for (const name of [DATABASE, PGBENCH]) await server.query(`create database ${name}`);
  await migrateDatabase(server.postgres.url(DATABASE), MONTHS);
  await server.query(await sql("people"), [people], DATABASE);
}

/** Makes roles and tables as a pod's database has them, with partitions for audit rows of so many months before this one. */
export async function migrateDatabase(connectionString: string, months: number): Promise<void> {
  const connection = { connectionString };
  await bootstrap({ connection, passwords: { data_svc: PASSWORD } });
  await createMigrator({ connection, directory: MIGRATIONS, privileges: privilegesSql() }).up();
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query(await sql("past-partitions"), [months]);
  } finally {
    await client.end();
  }
}

/** Adds assessments, as they come over the years, until the database has `mebibytes`. Returns its size in MiB. */
export async function fill(server: LimitedServer, people: number, mebibytes: number): Promise<number> {
  const text = await sql("assessments");
  let size = 0;
  const session = async () => {
    const client = new Client({ connectionString: server.postgres.url(DATABASE) });
    await client.connect();
    try {
      while (size < mebibytes) {
        await client.query(text, [BATCH_ROWS, people, Math.max(1, 1500 * (1 - size / mebibytes))]);
        size = await sizeOf(client);
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: SESSIONS }, session));
  await server.query("vacuum (analyze)", [], DATABASE);
  return size;
}

async function sizeOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
  return Number(rows[0]?.bytes) / 2 ** 20;
}

export interface RowSize {
  readonly table: string;
  readonly rows: number;
  /** Bytes for a row, in the table and its TOAST. */
  readonly heap: number;
  /** Bytes for a row, in all of the table's indexes. */
  readonly indexes: number;
}

/** Measures the bytes of a row of each table, with the free space that random inserts leave in its indexes. */
export async function rowSizes(server: LimitedServer, database = DATABASE): Promise<readonly RowSize[]> {
  const sizes: RowSize[] = [];
  for (const table of ["users", "auth_sessions", "assessments", "reports", "audit_logs"]) {
    const [row] = await server.query<{ rows: string; heap: string; indexes: string }>(
      // With its partitions, if it has some.
      `with parts as (select '${table}'::regclass as part union select relid from pg_partition_tree('${table}'))
       select (select count(*) from ${table}) as rows, sum(pg_table_size(part)) as heap, sum(pg_indexes_size(part)) as indexes
       from parts`,
      [],
      database,
    );
    const rows = Number(row?.rows);
    sizes.push({ table, rows, heap: Number(row?.heap) / rows, indexes: Number(row?.indexes) / rows });
  }
  return sizes;
}

const sql = (name: string) => fs.readFile(path.join(__dirname, `${name}.sql`), "utf8");
