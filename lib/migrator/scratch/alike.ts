import { type Client, type ClientConfig, escapeIdentifier } from "pg";
import type { Migration } from "../files/folder";
import { type Extension, extensionsOf } from "./extensions";
import { type Created, createdBy } from "./files";

/** Parts of a database that an administrator makes for the files, and that no file makes. */
export interface Foreign {
  /** SQL that creates the schemas. */
  readonly schemas: string;
  readonly extensions: readonly Extension[];
  /** Extensions that files make themselves, so that nothing else should have. */
  readonly byFiles: readonly string[];
}

/** Expects nothing of an administrator. */
export function nothingForeign(migrations: readonly Migration[]): Foreign {
  return { schemas: "", extensions: [], byFiles: namesOf(createdBy(migrations)) };
}

const namesOf = ({ extensions, unlessThere }: Created) => [...new Set([...extensions, ...unlessThere])];

/**
 * Gives `connection` the settings of ALTER DATABASE and ALTER ROLE that hold for `client`, since another search_path
 * makes another table. Settings of a single session stay behind.
 */
export async function alike(client: Client, connection: ClientConfig): Promise<ClientConfig> {
  const { rows } = await client.query<{ name: string; setting: string }>(SETTINGS);
  return withOptions(
    connection,
    rows.map(({ name, setting }) => `-c ${name}=${setting.replace(/[\\\s]/g, "\\$&")}`),
  );
}

/**
 * Finds the schemas of the search_path, and the extensions with their schemas, that no migration creates. An extension
 * that one creates IF NOT EXISTS counts as the administrator's if another role owns it.
 */
export async function foreignTo(client: Client, migrations: readonly Migration[]): Promise<Foreign> {
  const { rows } = await client.query<{ name: string }>(
    "select name from pg_catalog.unnest(pg_catalog.current_schemas(false)) name where name <> 'public'",
  );
  const found = await extensionsOf(client);
  const created = createdBy(migrations);
  const extensions = found.filter(
    ({ name, own }) => !created.extensions.has(name) && !(own && created.unlessThere.has(name)),
  );
  const schemas = new Set([...rows.map(({ name }) => name), ...extensions.flatMap(({ schema }) => schema ?? [])]);
  const made = [...schemas].filter((name) => !created.schemas.has(name));
  return {
    schemas: made.map((name) => `create schema if not exists ${escapeIdentifier(name)};`).join(""),
    extensions,
    byFiles: namesOf(created),
  };
}

/** The scratch role may lack the right to set superusers' settings. */
const SETTINGS = `select name, setting from pg_catalog.pg_settings
  where source in ('global', 'database', 'user', 'database user') and context = 'user' order by name`;

/** The connection's own options come last and win. */
function withOptions(connection: ClientConfig, options: readonly string[]): ClientConfig {
  const join = (own: string | null | undefined) => [...options, ...(own ? [own] : [])].join(" ");
  if (options.length === 0) return connection;
  const url = connection.connectionString === undefined ? undefined : new URL(connection.connectionString);
  const inUrl = url?.searchParams.get("options");
  if (!url || !inUrl) return { ...connection, options: join(connection.options) };
  url.searchParams.set("options", join(inUrl));
  return { ...connection, connectionString: url.href };
}
