import { type Client, type DatabaseError, escapeIdentifier, escapeLiteral } from "pg";

export interface Extension {
  readonly name: string;
  /** The schema that holds it; null for one of the system's, which its control file names. */
  readonly schema: string | null;
  readonly version: string;
  /** Whether the session's role owns it. An administrator's belongs to another role. */
  readonly own: boolean;
}

/** An extension that could not be made, and the server's reason. */
export interface Unmade {
  readonly extension: Extension;
  /** The statement that was refused. */
  readonly statement: string;
  readonly reason: string;
}

/** Lists a database's extensions in the order in which they were made, without those of initdb. */
export async function extensionsOf(client: Client): Promise<Extension[]> {
  return (await client.query<Extension>(EXTENSIONS)).rows;
}

const EXTENSIONS = `select e.extname as name, e.extversion as version, e.extowner = current_user::regrole as own,
    case when n.nspname !~ '^pg_' and n.nspname <> 'information_schema' then n.nspname end as schema
  from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.oid >= 16384 order by e.oid`;

/**
 * Makes those that are not there, each by itself, and returns the rest. One that needs another is tried again after
 * it.
 */
export async function makeExtensions(client: Client, wanted: readonly Extension[]): Promise<readonly Unmade[]> {
  let left = wanted;
  for (;;) {
    const unmade: Unmade[] = [];
    for (const extension of left) {
      const statement = await creating(client, extension);
      const reason = await client.query(statement).then(
        () => undefined,
        ({ message }: DatabaseError) => message,
      );
      if (reason !== undefined) unmade.push({ extension, statement, reason });
    }
    if (unmade.length === 0 || unmade.length === left.length) return unmade;
    left = unmade.map(({ extension }) => extension);
  }
}

/** Drops those that the role may drop and that nothing needs. */
export async function dropExtensions(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names)
    await client.query(`drop extension if exists ${escapeIdentifier(name)}`).catch((error: DatabaseError) => {
      if (!STAYS.has(error.code ?? "")) throw error;
    });
}

/** The role does not own it; something depends on it. */
const STAYS = new Set(["42501", "2BP01"]);

/** Asks for the same version only where the server can make it: it may have come by updates alone. */
async function creating(client: Client, extension: Extension): Promise<string> {
  const { rowCount } = await client.query(
    "select from pg_catalog.pg_available_extension_versions where name = $1 and version = $2",
    [extension.name, extension.version],
  );
  return createExtension(extension, rowCount !== 0);
}

export function createExtension({ name, schema, version }: Extension, sameVersion = true): string {
  const options = [
    ...(schema === null ? [] : [`schema ${escapeIdentifier(schema)}`]),
    ...(sameVersion ? [`version ${escapeLiteral(version)}`] : []),
  ];
  const chosen = options.length > 0 ? ` with ${options.join(" ")}` : "";
  return `create extension if not exists ${escapeIdentifier(name)}${chosen};`;
}
