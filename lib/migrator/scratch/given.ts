import type { Client, ClientConfig } from "pg";
import { refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { type CatalogueEntry, readCatalogue } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import { place } from "../database/connection";
import { ONCE, type Prepared, patient, prepare, session } from "./session";

/**
 * Calls `use` with an existing empty database, and empties it again.
 * @throws MigrateError `refused` if it is not empty
 */
export async function usingGiven<Result>(
  given: Prepared,
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

/** Returns the catalogue of an empty database. @throws MigrateError `refused` if it is not empty */
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

/** It was empty before, so everything in it may go. */
const EMPTY = `begin;
do $$
declare
  name text;
begin
  -- An event trigger would fire for all that follows.
  for name in select evtname from pg_catalog.pg_event_trigger loop
    execute pg_catalog.format('drop event trigger %I', name);
  end loop;
  for name in select pubname from pg_catalog.pg_publication loop
    execute pg_catalog.format('drop publication %I', name);
  end loop;
  for name in select extname from pg_catalog.pg_extension where oid >= 16384 loop
    execute pg_catalog.format('drop extension if exists %I cascade', name);
  end loop;
  for name in select fdwname from pg_catalog.pg_foreign_data_wrapper loop
    execute pg_catalog.format('drop foreign data wrapper %I cascade', name);
  end loop;
  perform pg_catalog.lo_unlink(oid) from pg_catalog.pg_largeobject_metadata;
  for name in select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute pg_catalog.format('drop schema %I cascade', name);
  end loop;
end $$;
create schema public authorization pg_database_owner;
grant usage on schema public to public;
comment on schema public is 'standard public schema';
commit`;
