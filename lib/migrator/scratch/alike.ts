import type { Client, ClientConfig } from "pg";

/**
 * `connection` with what ALTER DATABASE, ALTER ROLE and both together set in the session of `client`: a file's `create table t`
 * is another table where another search_path holds. What is set for one session alone stays with that one.
 */
export async function alike(client: Client, connection: ClientConfig): Promise<ClientConfig> {
  const { rows } = await client.query<{ name: string; setting: string }>(SETTINGS);
  return withOptions(
    connection,
    rows.map(({ name, setting }) => `-c ${name}=${setting.replace(/[\\\s]/g, "\\$&")}`),
  );
}

/** The other role may be none that may set what a superuser may. */
const SETTINGS = `select name, setting from pg_catalog.pg_settings
  where source in ('global', 'database', 'user', 'database user') and context = 'user' order by name`;

/** The connection's own options count, being last. */
function withOptions(connection: ClientConfig, options: readonly string[]): ClientConfig {
  const join = (own: string | null | undefined) => [...options, ...(own ? [own] : [])].join(" ");
  if (options.length === 0) return connection;
  const url = connection.connectionString === undefined ? undefined : new URL(connection.connectionString);
  const inUrl = url?.searchParams.get("options");
  if (!url || !inUrl) return { ...connection, options: join(connection.options) };
  url.searchParams.set("options", join(inUrl));
  return { ...connection, connectionString: url.href };
}
