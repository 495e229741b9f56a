import type { Client, ClientConfig } from "pg";
import { refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { type CatalogueEntry, readCatalogue, unquoted } from "../catalogue";
import { compareCatalogues } from "../catalogue/compare";
import { NOT_THE_RECORD, ours } from "../catalogue/sql";
import { place } from "../database/connection";
import type { Foreign } from "./alike";
import { emptying } from "./empty";
import { type Extension, extensionsOf } from "./extensions";
import { Scratch } from "./scratch";
import { ONCE, patient, session } from "./session";

/** An existing database to use, and what the files expect in it. */
export interface Given {
  readonly connection: ClientConfig;
  readonly foreign: Foreign;
}

/**
 * Calls `use` with an existing empty database, and empties it again. Extensions that an administrator has made in it
 * stay.
 * @throws MigrateError `refused` if it is not empty
 */
export async function usingGiven<Result>(
  { connection, foreign, trial }: Given & { readonly trial: boolean },
  settings: Settings,
  use: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  const before = await session({ connection, ...patient(settings) }, (client) => beginning(client, connection));
  const empty = async (client: Client) => {
    await client.query(emptying(before.extensions));
    return compareCatalogues(before.catalogue, await readCatalogue(client));
  };
  try {
    const renew = async () => {
      await session({ connection, ...patient(settings) }, empty);
    };
    const remedy = `An administrator runs this in ${place(connection)}:`;
    const scratch = new Scratch(connection, foreign, settings, trial, remedy, renew);
    await scratch.prepare();
    return await use(scratch);
  } finally {
    const left = await session({ connection, ...ONCE }, empty).catch((error: Error) => [error.message]);
    if (left.length > 0) {
      settings.log({
        level: "warn",
        event: "scratch-left",
        message: `The scratch database could not be emptied again: ${left.join("; ")}. Drop it, or empty it by hand.`,
      });
    }
  }
}

/** Tables that the catalogue leaves out. */
const RECORDS = `select from pg_class c join pg_namespace n on n.oid = c.relnamespace where not (${NOT_THE_RECORD}) and ${ours("pg_class", "c.oid", "n.nspname")}`;

interface Beginning {
  readonly catalogue: readonly CatalogueEntry[];
  readonly extensions: readonly Extension[];
}

/** Looks at a database that holds extensions at most. @throws MigrateError `refused` if it holds more */
async function beginning(client: Client, given: ClientConfig): Promise<Beginning> {
  const catalogue = await readCatalogue(client);
  const extensions = await extensionsOf(client);
  const { rows } = await client.query("select from pg_namespace where nspname = 'migrate'");
  const { rows: record } = await client.query(RECORDS);
  const schemas = new Set(["public", ...extensions.map(({ schema }) => schema)]);
  const filled = catalogue.filter(
    ({ kind, name }) => kind !== "extension" && (kind !== "schema" || !schemas.has(unquoted(name))),
  );
  if (filled.length + rows.length + record.length === 0) return { catalogue, extensions };
  throw refusal("Refused, and nothing was written:", [
    `${place(given)} was named as the scratch database, but it is not empty. What is in a scratch database is deleted, so name an empty one; extensions may be in it.`,
  ]);
}
