import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Client } from "pg";
import { migrateDatabase } from "../scaling/data";
import type { LimitedServer } from "../scaling/limited-server";
import type { Size } from "./size";

/** Months of audit rows, so as many partitions. */
const MONTHS = 72;
const SECONDS = MONTHS * 30.4375 * 86_400;
/** Different answers to the survey. */
const ANSWERS = 100_000;
const SESSIONS = 2;

/** A filled database. */
export interface Filled {
  readonly size: Size;
  readonly database: string;
  readonly rates: readonly Rate[];
  /** Reads one of this folder's statements, with the size put in. */
  readonly sql: (file: string) => Promise<string>;
}

/** How fast one kind of rows came in, with all indexes and checks, in large statements. */
export interface Rate {
  readonly rows: string;
  readonly aSecond: number;
}

const STEPS = [
  { file: "users", rows: "users, each with a session", count: (size: Size) => size.people, batch: 20_000 },
  {
    file: "assessments",
    rows: "assessments, each with a report",
    count: (size: Size) => size.assessments,
    batch: 5_000,
  },
  { file: "audit", rows: "audit_logs", count: (size: Size) => size.audit, batch: 50_000 },
] as const;

/** Reads this folder's statements, with a size put in. Their rows end now. */
export function statements(size: Size, answers = ANSWERS): Filled["sql"] {
  const starts = Math.floor(Date.now() / 1000 - SECONDS);
  const given: Readonly<Record<string, unknown>> = { ...size, starts, seconds: SECONDS, answers };
  return async (file) => {
    const text = await fs.readFile(path.join(__dirname, `${file}.sql`), "utf8");
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name]));
  };
}

/** Makes a database by the migrations, and fills it in the order of time. Row triggers and foreign keys are left out. */
export async function fillDatabase(server: LimitedServer, size: Size): Promise<Filled> {
  const database = `diabrisk_${size.name}`;
  const sql = statements(size);
  await server.query(`create database ${database}`);
  await migrateDatabase(server.postgres.url(database), MONTHS + 1);
  await server.query(await sql("setup"), [], database);
  const rates: Rate[] = [];
  for (const { file, rows, count, batch } of STEPS) {
    const total = count(size);
    const began = performance.now();
    await inBatches(server.postgres.url(database), await sql(file), total, batch);
    const seconds = (performance.now() - began) / 1000;
    rates.push({ rows, aSecond: total / seconds });
    console.error(`${size.name}: ${total} ${rows} in ${seconds.toFixed(0)} s`);
  }
  await server.query("vacuum (analyze)", [], database);
  return { size, database, rates, sql };
}

/** Runs a statement for the numbers from 0 to `total`, a batch at a time in some sessions. */
async function inBatches(url: string, text: string, total: number, batch: number): Promise<void> {
  let next = 0;
  const session = async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("set session_replication_role = replica; set synchronous_commit = off");
      for (let from = next; from < total; from = next) {
        next = Math.min(from + batch, total);
        await client.query(text, [from, next - 1]);
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: SESSIONS }, session));
}
