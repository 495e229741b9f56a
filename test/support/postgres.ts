import { Client } from "pg";
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from "../../lib/local/embedded-postgres";
import { temporaryFolder } from "./temporary-folder";

/** A PostgreSQL for the test file that calls this: started before its first test, removed after its last. */
export function usePostgres(options: EmbeddedPostgresOptions = {}): TestPostgres {
  const postgres = new TestPostgres();
  beforeAll(async () => {
    postgres.server = await EmbeddedPostgres.start({ parent: temporaryFolder(), ...options });
  });
  afterAll(() => postgres.server.remove());
  return postgres;
}

export class TestPostgres {
  server!: EmbeddedPostgres;
  #databases = 0;

  /** Creates an empty database of its own and returns its URL, as the superuser. */
  async createDatabase(name = `test_${++this.#databases}`): Promise<string> {
    await this.query(this.server.url(), `create database "${name}"`);
    return this.server.url(name);
  }

  /** The rows of one statement on a connection of its own. */
  async query<Row extends object = Record<string, unknown>>(url: string, sql: string, values?: unknown[]) {
    return this.connected(url, async (client) => (await client.query<Row>(sql, values)).rows);
  }

  /** Calls `use` with a connection and closes it. */
  async connected<Result>(url: string, use: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}
