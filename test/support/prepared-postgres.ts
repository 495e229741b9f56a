import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { createMigrator } from "../../lib/migrator";
import { createDatabase, MIGRATED_TEMPLATE } from "./database";
import { temporaryFolder } from "./temporary-folder";

let service: Server | undefined;
let prepared: Promise<EmbeddedPostgres> | undefined;

/** Tells every test file that asks where one prepared server lies. It is made for the first, since many runs need none. */
export async function serve(): Promise<void> {
  service = createServer(async (_, response) => {
    try {
      prepared ??= prepare();
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

/** A stopped server with a template that has every migration. */
async function prepare(): Promise<EmbeddedPostgres> {
  const postgres = await EmbeddedPostgres.start({ parent: temporaryFolder() });
  const connection = { connectionString: postgres.url(MIGRATED_TEMPLATE) };
  const directory = path.resolve(__dirname, "../../migrations");
  await createDatabase(postgres.url(), MIGRATED_TEMPLATE);
  await createMigrator({ connection, directory }).up();
  await postgres.stop();
  return postgres;
}
