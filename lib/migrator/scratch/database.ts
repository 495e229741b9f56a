import { randomBytes } from "node:crypto";
import type { Client, ClientConfig } from "pg";
import type { Settings } from "../base/options";
import { alike, type Foreign } from "./alike";
import { type Given, usingGiven } from "./given";
import { Scratch } from "./scratch";
import { ONCE, patient, session } from "./session";

/** Prefix of every scratch database, so that leftovers of killed runs can be recognised. */
const SCRATCH_PREFIX = "migrate_scratch_";

/** No scratch database is given and none may be made. */
export const NO_SCRATCH =
  "the role may not create databases on this server (CREATEDB), and no empty database was named with --scratch URL or SCRATCH_URL";

export interface ScratchOptions {
  /** An existing database to use. @default a new one */
  readonly given: Given | undefined;
  /** Finds what an administrator made for the files, for a new one. */
  readonly foreignOf: (client: Client) => Promise<Foreign>;
  /** Whether files go up and down there. */
  readonly trial: boolean;
}

/**
 * Calls `use` with an empty database: `given`, emptied again afterwards, or a new one on the same server, dropped
 * afterwards. Undefined if neither is possible.
 * @throws MigrateError `refused` if `given` is not empty
 */
export async function withScratch<Result>(
  settings: Settings,
  options: ScratchOptions,
  use: (scratch: Scratch) => Promise<Result>,
): Promise<Result | undefined> {
  const { given, trial } = options;
  return given ? usingGiven({ ...given, trial }, settings, use) : usingNew(settings, options, use);
}

async function mayCreate(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    "select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user",
  );
  return rows[0]?.may ?? false;
}

interface New {
  readonly connection: ClientConfig;
  readonly foreign: Foreign;
  readonly role: string;
  /** SQL that creates it. */
  readonly creating: string;
}

async function usingNew<Result>(
  settings: Settings,
  { foreignOf, trial }: ScratchOptions,
  use: (scratch: Scratch) => Promise<Result>,
): Promise<Result | undefined> {
  const { connection } = settings;
  const name = SCRATCH_PREFIX + randomBytes(6).toString("hex");
  const made = await session({ connection, ...patient(settings) }, async (client): Promise<New | undefined> => {
    if (!(await mayCreate(client))) return undefined;
    const { rows } = await client.query<{ likeThis: string; role: string }>(LIKE_THIS);
    const scratch = await alike(client, onDatabase(connection, name));
    const foreign = await foreignOf(client);
    // template0 never has a connection, which would make this fail.
    const creating = `create database ${name} template template0 ${rows[0]?.likeThis ?? ""}`;
    await client.query(creating);
    return { connection: scratch, foreign, creating, role: rows[0]?.role ?? "" };
  });
  if (!made) return undefined;
  const dropping = `drop database ${name} with (force)`;
  const renew = () =>
    session({ connection, ...patient(settings) }, async (client) => {
      await client.query(dropping);
      await client.query(made.creating);
    });
  try {
    const remedy = `An administrator prepares a database (create database scratch owner ${made.role};) and runs this in it. Then name it with --scratch URL or SCRATCH_URL:`;
    const scratch = new Scratch(made.connection, made.foreign, settings, trial, remedy, renew);
    await scratch.prepare();
    return await use(scratch);
  } finally {
    await session({ connection, ...ONCE }, (client) => client.query(dropping)).catch((error: Error) =>
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
  as "likeThis", quote_ident(current_user) as role from pg_database where datname = current_database()`;

/** The same server and role, another database. */
function onDatabase(connection: ClientConfig, database: string): ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...connection, database, connectionString: url.href };
}
