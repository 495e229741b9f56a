import { randomBytes } from "node:crypto";
import type { Client, ClientConfig } from "pg";
import { type CatalogueEntry, readCatalogue } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import { type ConnectOptions, connect, place } from "../database/connection";
import { refusal } from "../errors";
import type { Settings } from "../options";
import { alike, foreignSchemas } from "./alike";

/** Begins the name of every scratch database, so that one that a killed run left behind can be told. */
const SCRATCH_PREFIX = "migrate_scratch_";

/** Neither is there a scratch database, nor may one be made. */
export const NO_SCRATCH =
  "the role may not create databases on this server (CREATEDB), and no empty database was named with --scratch URL or SCRATCH_URL";

/**
 * Calls `use` with a connection to an empty database that is nobody's: `given`, emptied again afterwards, or one that is
 * created on the same server and dropped afterwards. Undefined if neither can be had.
 * @throws MigrateError `refused` if `given` is not empty
 */
export async function withScratch<Result>(
  settings: Settings,
  given: Given | undefined,
  use: (connection: ClientConfig) => Promise<Result>,
): Promise<Result | undefined> {
  return given ? usingGiven(given, settings, use) : usingNew(settings, use);
}

/** A database that is there already, and SQL that makes in it what files expect, see `foreignSchemas`. */
export interface Given {
  readonly connection: ClientConfig;
  readonly schemas: string;
}

/** One for each step, as the server may end a session that idles while the files run. */
async function session<Result>(options: Omit<ConnectOptions, "purpose">, act: (client: Client) => Promise<Result>) {
  const client = await connect({ ...options, purpose: "migrate scratch" });
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

function patient({ log, signal, connectTries }: Settings): Pick<ConnectOptions, "tries" | "log" | "signal"> {
  return { tries: () => connectTries, log, ...(signal && { signal }) };
}

/** After a signal too, and not for long: the server may be what is gone. */
const ONCE = { tries: () => 1 };

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
    // template0: nobody can be connected to it, which would make this fail.
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

/** As options of CREATE DATABASE: the encoding and locale of the database that it is compared with. */
const LIKE_THIS = `select concat_ws(' ', 'encoding', quote_literal(pg_encoding_to_char(encoding)),
    'lc_collate', quote_literal(datcollate), 'lc_ctype', quote_literal(datctype),
    case datlocprovider when 'i' then 'locale_provider icu icu_locale ' || quote_literal(daticulocale) else 'locale_provider libc' end)
  as "likeThis" from pg_database where datname = current_database()`;

async function usingGiven<Result>(
  given: Given,
  settings: Settings,
  use: (connection: ClientConfig) => Promise<Result>,
): Promise<Result> {
  const { connection } = given;
  const before = await session({ connection, ...patient(settings) }, (client) => emptyCatalogue(client, connection));
  try {
    await prepare(given, settings);
    return await use(connection);
  } finally {
    const emptied = async (client: Client) => {
      await client.query(EMPTY);
      return compareCatalogues(before, await readCatalogue(client));
    };
    const left = await session({ connection, ...ONCE }, emptied).catch((error: Error) => [error.message]);
    if (left.length > 0) {
      settings.log({
        level: "warn",
        event: "scratch-left",
        message: `The scratch database could not be emptied again: ${left.join("; ")}. Drop it, or empty it by hand.`,
      });
    }
  }
}

async function prepare({ connection, schemas }: Given, settings: Settings): Promise<void> {
  if (schemas !== "") await session({ connection, ...patient(settings) }, (client) => client.query(schemas));
}

/** @throws MigrateError `refused` if there is anything in it */
async function emptyCatalogue(client: Client, given: ClientConfig): Promise<CatalogueEntry[]> {
  const catalogue = await readCatalogue(client);
  const { rows } = await client.query("select from pg_namespace where nspname = 'migrate'");
  const { rows: record } = await client.query("select where to_regclass('public.schema_migrations') is not null");
  const filled = catalogue.some(({ kind, name }) => kind !== "schema" || name !== "public");
  if (!filled && rows.length + record.length === 0) return catalogue;
  throw refusal("Refused, and nothing was written:", [
    `${place(given)} was named as the scratch database, but it is not empty. What is in a scratch database is deleted, so name an empty one.`,
  ]);
}

/** It was empty before, so everything in it is ours. */
const EMPTY = `begin;
do $$
declare
  name text;
begin
  for name in select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute pg_catalog.format('drop schema %I cascade', name);
  end loop;
end $$;
create schema public authorization pg_database_owner;
grant usage on schema public to public;
comment on schema public is 'standard public schema';
commit`;

/** The same server and role, another database. */
function onDatabase(connection: ClientConfig, database: string): ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database };
  const url = new URL(connection.connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...connection, database, connectionString: url.href };
}
