import { randomBytes } from "node:crypto";
import type { Client, ClientConfig } from "pg";
import type { Settings } from "../base/options";
import { alike, foreignSchemas } from "./alike";
import { usingGiven } from "./given";
import { ONCE, type Prepared, patient, prepare, session } from "./session";

/** Prefix of every scratch database, so that leftovers of killed runs can be recognised. */
const SCRATCH_PREFIX = "migrate_scratch_";

/** No scratch database is given and none may be made. */
export const NO_SCRATCH =
  "the role may not create databases on this server (CREATEDB), and no empty database was named with --scratch URL or SCRATCH_URL";

/**
 * Calls `use` with a connection to an empty database: `given`, emptied again afterwards, or a new one on the same
 * server, dropped afterwards. Undefined if neither is possible.
 * @throws MigrateError `refused` if `given` is not empty
 */
export async function withScratch<Result>(
  settings: Settings,
  given: Prepared | undefined,
  use: (connection: ClientConfig) => Promise<Result>,
): Promise<Result | undefined> {
  return given ? usingGiven(given, settings, use) : usingNew(settings, use);
}

async function mayCreate(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    "select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user",
  );
  return rows[0]?.may ?? false;
}

async function usingNew<Result>(
  settings: Settings,
  use: (connection: ClientConfig) => Promise<Result>,
): Promise<Result | undefined> {
  const { connection } = settings;
  const name = SCRATCH_PREFIX + randomBytes(6).toString("hex");
  const made = await session({ connection, ...patient(settings) }, async (client) => {
    if (!(await mayCreate(client))) return undefined;
    const { rows } = await client.query<{ likeThis: string }>(LIKE_THIS);
    const scratch = await alike(client, onDatabase(connection, name));
    const schemas = await foreignSchemas(client, settings.directory);
    // template0 never has a connection, which would make this fail.
    await client.query(`create database ${name} template template0 ${rows[0]?.likeThis ?? ""}`);
    return { connection: scratch, schemas };
  });
  if (!made) return undefined;
  try {
    await prepare(made, settings);
    return await use(made.connection);
  } finally {
    const drop = (client: Client) => client.query(`drop database ${name} with (force)`);
    await session({ connection, ...ONCE }, drop).catch((error: Error) =>
      settings.log({
        level: "warn",
        event: "scratch-left",
        message: `The scratch database ${name} could not be dropped: ${error.message}. Drop it by hand.`,
      }),
    );
  }
}

/** Encoding and locale of the compared database, as options of CREATE DATABASE. */
const LIKE_THIS = `select concat_ws(' ', 'encoding', quote_literal(pg_encoding_to_char(encoding)),
    'lc_collate', quote_literal(datcollate), 'lc_ctype', quote_literal(datctype),
    case datlocprovider when 'i' then 'locale_provider icu icu_locale ' || quote_literal(daticulocale) else 'locale_provider libc' end)
  as "likeThis" from pg_database where datname = current_database()`;

/** The same server and role, another database. */
function onDatabase(connection: ClientConfig, database: string): ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...connection, database, connectionString: url.href };
}
