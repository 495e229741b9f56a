/** Measures what ids of version 7 spare against random ones: write-ahead log and index for a row. */
import * as path from "node:path";
import { Client } from "pg";
import { commandLine } from "../../lib/common/command-line";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { runBenchmark } from "../cannot-run";
import { markdown } from "../report";

const COMMAND_LINE = commandLine({
  name: "bench:uuid",
  start: "npm run bench:uuid",
  description: "Inserts rows with ids of version 4 and 7 into a table of a million, and compares log and index.",
  options: {},
  operands: [],
});

const MIGRATIONS = path.resolve(__dirname, "..", "..", "migrations");
const ROWS_BEFORE = 1_000_000;
const ROWS = 100_000;
const COPIES = { v4: "gen_random_uuid()", v7: "uuid_v7()" } as const;

interface Cost {
  /** Bytes of write-ahead log for a row, table included. */
  readonly wal: number;
  /** Bytes of the key's index for a row. */
  readonly index: number;
}

/** Inserts into a full table, just after a checkpoint: the first change of each page writes all of it. */
async function measure(client: Client, copy: keyof typeof COPIES): Promise<Cost> {
  const insert = (rows: number) =>
    client.query(`insert into ${copy} select ${COPIES[copy]} from generate_series(1, ${rows})`);
  await client.query(`create table ${copy} (id uuid primary key)`);
  await insert(ROWS_BEFORE);
  await client.query("checkpoint");
  const start = (await client.query("select pg_current_wal_insert_lsn() as lsn")).rows[0].lsn;
  await insert(ROWS);
  const { rows } = await client.query(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::float8 / ${ROWS} as wal,
       pg_relation_size('${copy}_pkey')::float8 / ${ROWS_BEFORE + ROWS} as index`,
    [start],
  );
  return rows[0];
}

async function main(): Promise<void> {
  const settings = { full_page_writes: "on", max_wal_size: "8GB", checkpoint_timeout: "1h", autovacuum: "off" };
  const postgres = await EmbeddedPostgres.start({ settings });
  try {
    await createMigrator({ connection: { connectionString: postgres.url() }, directory: MIGRATIONS }).up({ to: 1 });
    const client = new Client({ connectionString: postgres.url() });
    await client.connect();
    const [v4, v7] = [await measure(client, "v4"), await measure(client, "v7")];
    await client.end();
    const line = (name: string, of: (cost: Cost) => number) => [
      ...[name, of(v4).toFixed(0), of(v7).toFixed(0), (of(v7) / of(v4)).toFixed(2)],
    ];
    const heads = ["bytes a row", "v4", "v7", "ratio"];
    console.log(
      markdown([heads, line("write-ahead log", ({ wal }) => wal), line("index of the key", ({ index }) => index)]),
    );
  } finally {
    await postgres.remove();
  }
}

void runBenchmark(COMMAND_LINE, main);
