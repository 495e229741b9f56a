import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { escapeIdentifier, escapeLiteral } from "pg";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { connected, createDatabase, MIGRATED_TEMPLATE } from "./database";
import { temporaryFolder } from "./temporary-folder";

let service: Server | undefined;
let prepared: Promise<EmbeddedPostgres> | undefined;

/** The schema of the prepared template. */
export interface PreparedSchema {
  /** Folder of its migrations. */
  readonly directory: string;
  /** A release that does not know the newest of them: leaves its contract migrations, and records this version. */
  readonly release?: number;
}

const OWN: PreparedSchema = { directory: path.resolve(__dirname, "../../migrations") };

/** Tells every test file that asks where one prepared server lies. It is made for the first, since many runs need none. */
export async function serve(schema = OWN): Promise<void> {
  service = createServer(async (_, response) => {
    // A connection that is kept may be closed just when a file asks again.
    response.setHeader("Connection", "close");
    try {
      prepared ??= prepare(schema);
      const { directory, superuser, password } = await prepared;
      response.end(JSON.stringify({ directory, superuser, password }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  // biome-ignore lint/style/noProcessEnv: jest's global setup has no other way to tell test files anything.
  process.env.PREPARED_POSTGRES = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}

/** Removes what was prepared. Where this process is killed before, the server's own watcher does. */
export async function remove(): Promise<void> {
  service?.close();
  service?.closeAllConnections();
  await (await prepared)?.remove();
}

/** Tests log in thousands of times as the superuser, and the usual 4096 rounds are half the processor time of a login. */
async function cheapenLogin(postgres: EmbeddedPostgres): Promise<void> {
  const role = `alter role ${escapeIdentifier(postgres.superuser)} password ${escapeLiteral(postgres.password)}`;
  await connected(postgres.url(), (client) => client.query(`set scram_iterations = 1; ${role}`));
}

/** A stopped server with a migrated template. */
async function prepare({ directory, release }: PreparedSchema): Promise<EmbeddedPostgres> {
  const postgres = await EmbeddedPostgres.start({ parent: temporaryFolder() });
  const url = postgres.url(MIGRATED_TEMPLATE);
  await createDatabase(postgres.url(), MIGRATED_TEMPLATE);
  const migrator = createMigrator({ connection: { connectionString: url }, directory });
  await migrator.up({ beforeContract: release !== undefined });
  if (release !== undefined)
    await connected(url, (client) => client.query("update schema_migrations set version = $1", [release]));
  await cheapenLogin(postgres);
  await postgres.stop();
  return postgres;
}
