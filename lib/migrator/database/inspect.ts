import type { Client, ClientConfig, QueryResult } from "pg";
import { EXIT } from "../../contract";
import { MigrateError, refusal } from "../base/errors";
import { type ForeignRecord, foreignRecords, isGolangMigrates, OTHER_TABLES } from "./other-tools";
import { announcedPid, recognisePooler } from "./pooler";

/** A row of `migrate.history` that is in force, so not reverted. */
export interface HistoryRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  /** `applied`: ran. `baseline`: was there before and was only recorded. */
  readonly kind: "applied" | "baseline";
  readonly appliedAt: Date;
  readonly milliseconds: number | null;
  readonly appliedBy: string;
}

/** golang-migrate's row. */
export interface SchemaVersion {
  readonly version: number;
  readonly dirty: boolean;
}

/** A row of `migrate.progress`: one statement of a migration that runs statement by statement. */
export interface ProgressRow {
  readonly version: number;
  readonly direction: "up" | "down";
  /** Counted from 1. */
  readonly statement: number;
  /** SHA-256 of the statement's text. */
  readonly checksum: string;
  /** Facts for running it again after a kill. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Null while it runs, or where it was killed. */
  readonly finished: Date | null;
}

/** The migration state of a database, read without writing or locking. */
export interface DatabaseState {
  readonly database: string;
  readonly user: string;
  /** Whether golang-migrate's `public.schema_migrations`, `migrate.history` and `migrate.repairs` exist. */
  readonly tables: { readonly schemaMigrations: boolean; readonly history: boolean; readonly repairs: boolean };
  /** Null if the table has no row. */
  readonly schemaVersion: SchemaVersion | null;
  /** In order of their versions. */
  readonly history: readonly HistoryRow[];
  /** Statements of the half done migration, in order; empty if there is none. */
  readonly progress: readonly ProgressRow[];
  /** Records of other migrators, which forbid running anything. */
  readonly foreign: readonly ForeignRecord[];
  /** Whether this server can notice by itself that a client is gone. */
  readonly watchesClients: boolean;
}

/** The major version of PostgreSQL that the SQL is written for and tested on. */
export const MAJOR_VERSION = 16;

interface Catalogue {
  readonly serverVersion: number;
  readonly pid: number;
  readonly database: string;
  readonly user: string;
  readonly standby: boolean;
  readonly watchesClients: boolean;
  /**
   * Tables of the record and of other migrators, by qualified name, with their kinds and the columns of
   * schema_migrations.
   */
  readonly tables: Readonly<Record<string, string>> | null;
}

const TABLES = ["schema_migrations", "history", "repairs", ...OTHER_TABLES.map((table) => table.split(".")[1])];

/**
 * Returns one row for any database. Reads the catalogue, which everybody may read, because to_regclass fails without
 * USAGE on the schema. Avoids a join, which costs a new session a millisecond of planning, and regnamespace, which
 * quotes every name under quote_all_identifiers.
 */
export const CATALOGUE = `select current_setting('server_version_num')::int as "serverVersion", pg_backend_pid() as pid,
    current_database() as database, session_user as user, pg_is_in_recovery() as standby,
    version() ~* 'linux|darwin|bsd' as "watchesClients",
    (select json_object_agg((select nspname from pg_namespace n where n.oid = c.relnamespace) || '.' || c.relname, c.relkind::text ||
        case c.relname when 'schema_migrations' then
          (select string_agg(' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
              case when a.attnotnull then ' not null' else '' end, ',' order by a.attnum)
            from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
        else '' end)
      from pg_class c where c.relname in (${TABLES.map((table) => `'${table}'`).join(", ")})) as tables`;

/**
 * Reads the state in one round trip, or two if there is something to read. Behind a pooler, takes a second `connection`
 * to find out its mode.
 * @throws MigrateError for a server that cannot be worked with
 */
export async function inspect(client: Client, connection: ClientConfig): Promise<DatabaseState> {
  const { rows } = await client.query<Catalogue>(CATALOGUE);
  if (rows[0]) await recognisePooler(client, connection, rows[0].pid);
  return readState(client, rows[0]);
}

/** Reads the rest of the state, given the catalogue's row. */
export async function readState(client: Client, catalogue: Catalogue | undefined): Promise<DatabaseState> {
  if (!catalogue) throw new MigrateError(EXIT.failure, "The server answered the first query with no row.");
  checkServer(client, catalogue);
  const found = catalogue.tables ?? {};
  const shape = found["public.schema_migrations"] ?? null;
  const tables = {
    schemaMigrations: isGolangMigrates(shape),
    history: "migrate.history" in found,
    repairs: "migrate.repairs" in found,
  };
  const { schemaMigrations, history, progress } = await readTables(client, catalogue, tables);
  return {
    database: catalogue.database,
    user: catalogue.user,
    tables,
    schemaVersion: schemaMigrations,
    history,
    progress,
    foreign: foreignRecords(shape, Object.keys(found), tables.history),
    watchesClients: catalogue.watchesClients,
  };
}

function checkServer(client: Client, catalogue: Catalogue): void {
  const problems: string[] = [];
  const major = Math.floor(catalogue.serverVersion / 10_000);
  if (major !== MAJOR_VERSION) {
    problems.push(
      `The server is PostgreSQL ${major}, but the migrations are written for PostgreSQL ${MAJOR_VERSION}, the only major version that they are tested on. Connect to a server of that version.`,
    );
  }
  if (catalogue.standby) {
    problems.push("The server is a standby, which only reads. Connect to the primary.");
  }
  if (announcedPid(client) !== catalogue.pid) {
    problems.push(
      "Between here and the server is a connection pooler, behind which a lock means nothing: the next statement may run in another session. Connect to PostgreSQL itself (its own host and port), or through a pool in session mode (PgBouncer: pool_mode = session for this database or role, and room for two connections).",
    );
  }
  if (problems.length > 0) throw refusal(`The database ${catalogue.database} cannot be migrated:`, problems);
}

/** All tables in one message. node-postgres delivers bigint as text in any case. */
const SCHEMA_VERSION_QUERY = "select version, dirty from public.schema_migrations";
/**
 * One value for each column. Parsing a thousand rows takes node-postgres longer than the rest of a run with nothing to
 * do, and building a thousand objects takes the server twice as long.
 */
const HISTORY_QUERY = `select json_agg(version) as version, json_agg(name) as name, json_agg(checksum) as checksum,
    json_agg(kind) as kind, json_agg(trunc(extract(epoch from applied_at) * 1000)) as "appliedAt",
    json_agg(date_part('epoch', duration) * 1000) as milliseconds, json_agg(applied_by) as "appliedBy"
  from (select * from migrate.history where reverted_at is null order by version) in_force`;
const PROGRESS_QUERY = `select version, direction, statement, checksum, detail, finished_at as finished
  from migrate.progress order by version, direction, statement`;

/** A value for each row; null if there are no rows. */
type Columns = { readonly [Column in keyof Omit<HistoryRow, "appliedAt">]: readonly HistoryRow[Column][] | null } & {
  /** In milliseconds since 1970. */
  readonly appliedAt: readonly number[] | null;
};

function historyOf([answer]: readonly object[]): HistoryRow[] {
  const { version, name, checksum, kind, appliedAt, milliseconds, appliedBy } = (answer ?? {}) as Columns;
  const of = <Value>(column: readonly Value[] | null, row: number) => column?.[row] as Value;
  return (version ?? []).map((number, row) => ({
    version: number,
    name: of(name, row),
    checksum: of(checksum, row),
    kind: of(kind, row),
    appliedAt: new Date(of(appliedAt, row)),
    milliseconds: of(milliseconds, row),
    appliedBy: of(appliedBy, row),
  }));
}

async function readTables(client: Client, catalogue: Catalogue, tables: DatabaseState["tables"]) {
  const queries = [
    tables.schemaMigrations ? SCHEMA_VERSION_QUERY : undefined,
    tables.history ? HISTORY_QUERY : undefined,
    tables.history ? PROGRESS_QUERY : undefined,
  ];
  const [versionRows = [], historyRows = [], progressRows = []] = await readTablesAt(client, queries, catalogue.user);
  if (versionRows.length > 1) {
    throw refusal(`The database ${catalogue.database} cannot be migrated:`, [
      `public.schema_migrations holds ${versionRows.length} rows; golang-migrate and this tool keep one at most. Find out who added the others, and delete all but the right one.`,
    ]);
  }
  const [row] = versionRows as { version: string; dirty: boolean }[];
  return {
    schemaMigrations: row ? { version: Number(row.version), dirty: row.dirty } : null,
    history: historyOf(historyRows),
    progress: (progressRows as ProgressRow[]).map((entry) => ({ ...entry, version: Number(entry.version) })),
  };
}

async function readTablesAt(
  client: Client,
  queries: readonly (string | undefined)[],
  user: string,
): Promise<object[][]> {
  const text = queries.filter((query) => query !== undefined).join(";");
  if (text === "") return queries.map(() => []);
  const results = await client.query(text).catch((error: unknown) => {
    throw unreadable(error, user);
  });
  const answers = [results].flat() as QueryResult[];
  return queries.map((query) => (query === undefined ? [] : (answers.shift()?.rows ?? [])));
}

/** Explains why the record cannot be read; returns any other error as it is. */
export function unreadable(error: unknown, user: string): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "42501") {
    return refusal("The record of migrations cannot be read:", [
      `The role ${user} may not: ${message}. Connect as the role that migrated before (migrator), or grant what is missing.`,
    ]);
  }
  if (code === "42P01") {
    return refusal("The record of migrations cannot be read:", [
      `A part of it is gone: ${message}. Restore it; or, if public.schema_migrations is right, drop what is left (drop schema migrate cascade), and up takes over from there.`,
    ]);
  }
  if (code === "42703") {
    return refusal("The record of migrations cannot be read:", [
      `migrate.history is another tool's, or a later release's: ${message}. Use the release that wrote it.`,
    ]);
  }
  return error;
}
