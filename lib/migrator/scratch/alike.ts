import { readFileSync } from "node:fs";
import { type Client, type ClientConfig, escapeIdentifier } from "pg";
import { readFolder } from "../files/folder";

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
 * SQL that creates the schemas of the search_path that no file creates. An administrator makes such schemas, as for
 * "$user", and files use them.
 */
export async function foreignSchemas(client: Client, directory: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "select name from pg_catalog.unnest(pg_catalog.current_schemas(false)) name where name <> 'public'",
  );
  if (rows.length === 0) return "";
  const { migrations } = await readFolder(directory);
  const text = migrations.map(({ files }) => readFileSync(files.up, "utf8")).join("\n");
  const created = new Set(
    [...text.matchAll(CREATE_SCHEMA)].map(([, quoted, plain = ""]) => quoted ?? plain.toLowerCase()),
  );
  return rows.map(({ name }) => (created.has(name) ? "" : `create schema ${escapeIdentifier(name)};`)).join("");
}

const CREATE_SCHEMA = /\bcreate\s+schema\s+(?:if\s+not\s+exists\s+)?(?:authorization\s+)?(?:"([^"]+)"|([\w$]+))/gi;

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
