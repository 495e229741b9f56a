import { Client } from "pg";
import type { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { CannotRun } from "../cannot-run";
import { median } from "../statistics";

const RECORDS = ["schema_migrations", "goose_db_version", "schema_version", "pgmigrations", "umzug_migrations"];

/** Databases of one server, one for each run. */
export class Databases {
  #made = 0;

  private constructor(
    private readonly server: EmbeddedPostgres,
    private readonly client: Client,
  ) {}

  static async connect(server: EmbeddedPostgres): Promise<Databases> {
    const client = new Client({ connectionString: server.url() });
    await client.connect();
    return new Databases(server, client);
  }

  /** Calls `use` with the name of an empty database, and drops it afterwards. */
  async withEmpty<Result>(use: (name: string) => Promise<Result>): Promise<Result> {
    const name = await this.make();
    try {
      return await use(name);
    } finally {
      await this.drop(name);
    }
  }

  /** Makes an empty database. Resolves with its name. */
  async make(): Promise<string> {
    const name = `bench_${++this.#made}`;
    await this.client.query(`create database ${name}`);
    return name;
  }

  async drop(name: string): Promise<void> {
    await this.client.query(`drop database ${name} with (force)`);
  }

  /** Lists the tables in schema `public` of a database, without the tools' own records. */
  async tables(name: string): Promise<readonly string[]> {
    const client = new Client({ connectionString: this.server.url(name) });
    await client.connect();
    try {
      const { rows } = await client.query<{ tablename: string }>(
        `select tablename from pg_tables where schemaname = 'public' and tablename <> all ($1) order by 1`,
        [RECORDS],
      );
      return rows.map(({ tablename }) => tablename);
    } finally {
      await client.end();
    }
  }

  /** Measures one statement on an open connection through `port`: the median of 20, in milliseconds. */
  async roundTrip(port: number): Promise<number> {
    const client = new Client({ connectionString: viaPort(this.server.url(), port) });
    await client.connect();
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const begin = performance.now();
      await client.query("select 1");
      times.push(performance.now() - begin);
    }
    await client.end();
    return median(times);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/**
 * Rewrites a URL to another port. Turns off the question whether the server speaks TLS, since only some clients ask it.
 */
export function viaPort(url: string, port: number): string {
  const other = new URL(url);
  other.port = String(port);
  other.searchParams.set("sslmode", "disable");
  return other.href;
}

/** @throws CannotRun if a successful run made other tables than the others */
export function mustAgree(name: string, tables: readonly string[], expected: readonly string[]): void {
  if (tables.join() === expected.join()) return;
  throw new CannotRun(`${name} made the tables ${tables.join(", ") || "(none)"}, others made ${expected.join(", ")}.`);
}
