import type { Client, ClientConfig } from "pg";
import { EXIT } from "../../contract";
import { MigrateError, refusal } from "../base/errors";
import { type FoundTable, foundTablesSql, isSame, OWN_TABLES } from "./found-table";
import type { Tables } from "./history";
import { type ForeignRecord, foreignRecords, RECORD_COLUMNS, RECORD_NAMES } from "./other-tools";
import { announcedPid, recognisePooler } from "./pooler";
import {
  findRecord,
  type RecordRead,
  readRecord,
  readSchemaVersion,
  type SchemaVersion,
  type Surroundings,
} from "./read-record";
import { isGolangMigrates, RECORD_COLUMN, type RecordPlace } from "./record-table";

/** The migration state of a database, read without writing or locking. */
export interface DatabaseState extends RecordPlace, Omit<RecordRead, "place"> {
  readonly database: string;
  readonly user: string;
  readonly tables: Tables;
  /** Records of other migrators, which forbid running anything. */
  readonly foreign: readonly ForeignRecord[];
  /** golang-migrate's tables that are not the record; empty where that exists. */
  readonly elsewhere: readonly FoundTable[];
  /** Some of the tables that the database has though golang-migrate's, the record, is not there; empty where it is. */
  readonly unrecorded: readonly string[];
  /** Whether the server only reads, as a copy of its primary. */
  readonly standby: boolean;
  /** Whether this server can notice by itself that a client is gone. */
  readonly watchesClients: boolean;
}

/** The major version of PostgreSQL that the SQL is written for and tested on. */
export const MAJOR_VERSION = 16;

interface Catalogue extends Surroundings {
  readonly serverVersion: number;
  readonly pid: number;
  readonly standby: boolean;
  readonly watchesClients: boolean;
  readonly schemaOid: string | null;
  readonly searchPath: string;
  /** Some tables of the database. */
  readonly own: readonly string[] | null;
}

const NAMES = ["schema_migrations", ...RECORD_NAMES];
const COLUMNS = [RECORD_COLUMN, ...RECORD_COLUMNS];

/**
 * Returns one row for any database. Reads the catalogue, which everybody may read, because to_regclass fails without
 * USAGE on the schema.
 */
export const CATALOGUE = `select current_setting('server_version_num')::int as "serverVersion", pg_backend_pid() as pid,
    current_database() as database, session_user as user, pg_is_in_recovery() as standby,
    version() ~* 'linux|darwin|bsd' as "watchesClients", current_schema() as schema,
    (select oid::text from pg_namespace where nspname = current_schema()) as "schemaOid",
    replace(current_setting('search_path'), '"$user"', quote_ident(current_user)) as "searchPath",
    ${foundTablesSql(NAMES, COLUMNS)} as found, ${OWN_TABLES} as own`;

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
  const found = catalogue.found ?? [];
  const exists = (name: string) => found.some((table) => isSame(table, { schema: "migrate", name }));
  const history = exists("history");
  const complete = exists("record");
  const { place, ...record } = await readRecord(client, catalogue, { history, complete });
  const foreign = foreignRecords(
    found.filter((table) => table.schema !== "migrate" && !isGolangMigrates(table)),
    place.record,
  );
  const recorded = history || place.exists;
  return {
    database: catalogue.database,
    user: catalogue.user,
    ...record,
    record: place.record,
    schema: catalogue.schema,
    schemaOid: catalogue.schemaOid,
    searchPath: catalogue.searchPath,
    tables: { schemaMigrations: place.exists, history, complete },
    // An adopted database may keep an old tool's table.
    foreign: foreign.filter(({ inTheWay }) => inTheWay || !recorded),
    elsewhere: place.elsewhere,
    unrecorded: place.exists ? [] : (catalogue.own ?? []),
    standby: catalogue.standby,
    watchesClients: catalogue.watchesClients,
  };
}

/**
 * Reads golang-migrate's row, for a role that may read nothing else. Null if there is no table yet, or no row.
 * @throws MigrateError if this role may not read it
 */
export async function findSchemaVersion(client: Client): Promise<SchemaVersion | null> {
  const { rows } = await client.query<Catalogue>(CATALOGUE);
  const [catalogue] = rows;
  const record = catalogue && (await findRecord(client, catalogue));
  return record ? readSchemaVersion(client, record, catalogue.database) : null;
}

function checkServer(client: Client, catalogue: Catalogue): void {
  const problems: string[] = [];
  const major = Math.floor(catalogue.serverVersion / 10_000);
  if (major !== MAJOR_VERSION) {
    problems.push(
      `The server is PostgreSQL ${major}, but the migrations are written for PostgreSQL ${MAJOR_VERSION}, the only major version that they are tested on. Connect to a server of that version.`,
    );
  }
  if (announcedPid(client) !== catalogue.pid) {
    problems.push(
      "Between here and the server is a connection pooler, behind which a lock means nothing: the next statement may run in another session. Connect to PostgreSQL itself (its own host and port), or through a pool in session mode (PgBouncer: pool_mode = session for this database or role, and room for two connections).",
    );
  }
  if (problems.length > 0) throw refusal(`The database ${catalogue.database} cannot be migrated:`, problems);
}
