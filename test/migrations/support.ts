import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { Client, type DatabaseError } from "pg";
import { convergeKeeps, type Keeps } from "../../lib/roles/keeps";
import { Session } from "../../lib/roles/session";
import { type TestPostgres, usePostgres } from "../support/postgres";

export const MIGRATIONS = path.resolve(__dirname, "../../migrations");

export type Direction = "up" | "down";

export interface SqlFile {
  readonly version: number;
  readonly file: string;
  readonly sql: string;
}

/** The files of one direction, in the order in which they run. */
export function sqlFiles(direction: Direction): SqlFile[] {
  const names = readdirSync(MIGRATIONS).filter((name) => name.endsWith(`.${direction}.sql`));
  const files = names.sort().map((file) => ({
    version: Number.parseInt(file, 10),
    file,
    sql: readFileSync(path.join(MIGRATIONS, file), "utf8"),
  }));
  return direction === "up" ? files : files.reverse();
}

/** Runs files as psql's -1 -f does, each in a transaction of its own. By default all of them. */
export async function runFiles(client: Client, direction: Direction, versions?: readonly number[]): Promise<void> {
  for (const { version, sql } of sqlFiles(direction)) {
    if (!versions || versions.includes(version)) await client.query(sql);
  }
}

export class MigratedDatabase {
  postgres!: TestPostgres;
  client!: Client;
  url!: string;

  /** The rows of one statement. */
  async rows<Row extends object = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, values)).rows;
  }

  /** The error of a statement that must fail, after which the test's transaction goes on. */
  async refusal(sql: string, values: unknown[] = []): Promise<DatabaseError> {
    await this.client.query("savepoint refusal");
    try {
      await this.client.query(sql, values);
    } catch (error) {
      await this.client.query("rollback to savepoint refusal");
      return error as DatabaseError;
    }
    throw new Error(`This should have been refused: ${sql} ${JSON.stringify(values)}`);
  }

  /** Inserts a row and returns it as stored. Objects become jsonb. */
  async insert(table: string, row: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const [stored] = await this.rows(...insertion(table, row));
    return stored ?? {};
  }

  async insertRefused(table: string, row: Readonly<Record<string, unknown>>): Promise<DatabaseError> {
    return this.refusal(...insertion(table, row));
  }
}

/** Has the database keep things so long, for good. */
export async function keep(database: MigratedDatabase, keeps: Partial<Keeps>): Promise<void> {
  await database.postgres.connected(database.url, async (client) => {
    await client.query("begin");
    await convergeKeeps(new Session(client), keeps);
    await client.query("commit");
  });
}

function insertion(table: string, row: Readonly<Record<string, unknown>>): [string, unknown[]] {
  const columns = Object.keys(row).map((column) => `"${column}"`);
  const places = columns.map((_, index) => `$${index + 1}`);
  const json = (value: unknown) =>
    typeof value === "object" && value !== null && !Buffer.isBuffer(value) ? JSON.stringify(value) : value;
  const values = Object.values(row).map(json);
  return [`insert into ${table} (${columns.join(", ")}) values (${places.join(", ")}) returning *`, values];
}

/** A server with one fully migrated database; each test's changes are rolled back. */
export function useMigratedDatabase(): MigratedDatabase {
  const database = new MigratedDatabase();
  // Before the server's own: hooks after the tests run in the order in which they are registered.
  afterAll(() => database.client.end());
  const postgres = usePostgres();
  beforeAll(async () => {
    database.postgres = postgres;
    database.url = await postgres.createDatabase();
    database.client = new Client({ connectionString: database.url });
    await database.client.connect();
    await runFiles(database.client, "up");
  });
  beforeEach(() => database.client.query("begin"));
  afterEach(() => database.client.query("rollback"));
  return database;
}
