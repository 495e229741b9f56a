import type { Client } from "pg";
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from "../../lib/local/embedded-postgres";
import { connected, createDatabase, MIGRATED_TEMPLATE } from "./database";
import { temporaryFolder } from "./temporary-folder";

/**
 * A PostgreSQL for the test file that calls this: started before its first test, removed after its last. Roles, settings and sessions
 * are its own.
 */
export function usePostgres({ settings, ...options }: EmbeddedPostgresOptions = {}): TestPostgres {
  const postgres = new TestPostgres();
  beforeAll(async () => {
    postgres.server = await EmbeddedPostgres.start({
      parent: temporaryFolder(),
      copyOf: await prepared(),
      ...options,
      // Checkpoints would fill the log, of which only the last lines are kept.
      settings: { autovacuum: "off", log_checkpoints: "off", ...settings },
    });
  });
  afterAll(() => postgres.server?.remove());
  return postgres;
}

/** Where the prepared server of this run of jest lies. */
async function prepared(): Promise<NonNullable<EmbeddedPostgresOptions["copyOf"]>> {
  // biome-ignore lint/style/noProcessEnv: jest's global setup has no other way to tell test files anything.
  const response = await fetch(process.env.PREPARED_POSTGRES ?? "");
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as NonNullable<EmbeddedPostgresOptions["copyOf"]>;
}

export class TestPostgres {
  server!: EmbeddedPostgres;
  #databases = 0;

  /** Creates an empty database of its own and returns its URL, as the superuser. */
  async createDatabase(name = `test_${++this.#databases}`): Promise<string> {
    await createDatabase(this.server.url(), name);
    return this.server.url(name);
  }

  /** Creates a database that has every migration and returns its URL, as the superuser. */
  async createMigratedDatabase(name = `test_${++this.#databases}`): Promise<string> {
    await createDatabase(this.server.url(), name, MIGRATED_TEMPLATE);
    return this.server.url(name);
  }

  /** The rows of one statement on a connection of its own. */
  async query<Row extends object = Record<string, unknown>>(url: string, sql: string, values?: unknown[]) {
    return this.connected(url, async (client) => (await client.query<Row>(sql, values)).rows);
  }

  /** Calls `use` with a connection and closes it. */
  async connected<Result>(url: string, use: (client: Client) => Promise<Result>): Promise<Result> {
    return connected(url, use);
  }
}
