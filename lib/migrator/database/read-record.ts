import type { Client, QueryResult } from "pg";
import { refusal } from "../base/errors";
import { EVERY_ROW } from "./connection";
import { type FoundTable, isSame, type TableName, tableSql } from "./found-table";
import type { Tables } from "./history";
import { chooseRecord, FORMER_RECORD, type Found, isGolangMigrates, type RecordPlace } from "./record-table";

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

/** Contents of a database's record. */
export interface RecordRead {
  readonly place: Found;
  /** Null if the table has no row, or there is no table. */
  readonly schemaVersion: SchemaVersion | null;
  /** In order of their versions. */
  readonly history: readonly HistoryRow[];
  /** Statements of the half done migration, in order; empty if there is none. */
  readonly progress: readonly ProgressRow[];
  /** The current schema and search_path of the newest run; null if there was none, or they are not known. */
  readonly ranIn: Omit<RecordPlace, "record"> | null;
}

/** Facts of the catalogue by which the record is found. */
export interface Surroundings {
  readonly database: string;
  readonly user: string;
  /** The first schema of search_path that exists. */
  readonly schema: string | null;
  /** Records of migrators. */
  readonly found: readonly FoundTable[] | null;
}

/**
 * One value for each column. Parsing a thousand rows takes node-postgres longer than the rest of a run with nothing to
 * do, and building a thousand objects takes the server twice as long.
 */
const HISTORY_QUERY = `select json_agg(version) as version, json_agg(name) as name, json_agg(checksum) as checksum,
    json_agg(kind) as kind, json_agg(trunc(extract(epoch from applied_at) * 1000)) as "appliedAt",
    json_agg(date_part('epoch', duration) * 1000) as milliseconds, json_agg(applied_by) as "appliedBy",
    (select to_json(newest) from migrate.history newest where reverted_at is null order by version desc limit 1) as newest
  from (select * from migrate.history where reverted_at is null order by version) in_force`;
const MEMORY: TableName = { schema: "migrate", name: "record" };
const REMEMBERED_QUERY = "select schema_name as schema, table_name as name from migrate.record";
const PROGRESS_QUERY = `select version, direction, statement, checksum, detail, finished_at as finished
  from migrate.progress order by version, direction, statement`;

/** A value for each row; null if there are no rows. */
type Columns = {
  readonly [Column in keyof Omit<HistoryRow, "appliedAt">]: readonly HistoryRow[Column][] | null;
} & {
  /** In milliseconds since 1970. */
  readonly appliedAt: readonly number[] | null;
  /** The last row as it is, since an earlier release's lacks columns. */
  readonly newest: {
    readonly schema_name?: string | null;
    readonly schema_oid?: string | null;
    readonly search_path?: string | null;
  } | null;
};

function historyOf(answer: Partial<Columns>): HistoryRow[] {
  const { version, name, checksum, kind, appliedAt, milliseconds, appliedBy } = answer;
  const of = <Value>(column: readonly Value[] | null | undefined, row: number) => column?.[row] as Value;
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

/** Reads golang-migrate's row, and the history, in one message. */
export async function readRecord(
  client: Client,
  catalogue: Surroundings,
  { history, complete }: Omit<Tables, "schemaMigrations">,
): Promise<RecordRead> {
  const found = catalogue.found ?? [];
  const choose = (remembered?: TableName) => chooseRecord(found, catalogue.schema, remembered);
  // Where the history tells which one is read, all of them are read with it.
  const readable = found.filter((table) => isGolangMigrates(table) && table.readable);
  const certain = choose();
  const candidates = history ? readable : certain.exists ? [certain.record] : [];
  const queries = [
    history ? HISTORY_QUERY : undefined,
    history ? PROGRESS_QUERY : undefined,
    complete ? REMEMBERED_QUERY : undefined,
    ...candidates.map(versionQuery),
  ];
  const [historyRows = [], progressRows = [], remembered = [], ...versions] = await readTablesAt(
    client,
    queries,
    catalogue,
  );
  const place = history ? choose((remembered[0] as TableName | undefined) ?? FORMER_RECORD) : certain;
  const answer = (historyRows[0] ?? {}) as Partial<Columns>;
  const at = candidates.findIndex((table) => isSame(table, place.record));
  // Not among the readable ones, so the server says why.
  const rows =
    place.exists && at < 0 ? await readTablesAt(client, [versionQuery(place.record)], catalogue) : [versions[at]];
  return {
    place,
    schemaVersion: schemaVersionOf(rows[0] ?? [], place.record, catalogue.database),
    history: historyOf(answer),
    progress: (progressRows as ProgressRow[]).map((entry) => ({ ...entry, version: Number(entry.version) })),
    ranIn: ranInOf(answer),
  };
}

/** Finds golang-migrate's table for a role that may not read the history. Undefined if there is none. */
export async function findRecord(client: Client, { found, schema }: Surroundings): Promise<TableName | undefined> {
  const tables = found ?? [];
  const memory = tables.find((table) => isSame(table, MEMORY) && table.readable);
  const [remembered] = memory ? ((await everyRow(client, REMEMBERED_QUERY))[0] as TableName[]) : [];
  const { record, exists, elsewhere } = chooseRecord(tables, schema, remembered);
  if (exists) return record;
  return elsewhere.length === 1 ? elsewhere[0] : elsewhere.find((table) => isSame(table, FORMER_RECORD));
}

/** node-postgres delivers bigint as text in any case. */
const versionQuery = (table: TableName) => `select version, dirty from ${tableSql(table)}`;

function schemaVersionOf(rows: readonly object[], record: TableName, database: string): SchemaVersion | null {
  if (rows.length > 1) {
    throw refusal(`The database ${database} cannot be migrated:`, [
      `${tableSql(record)} holds ${rows.length} rows; golang-migrate and this tool keep one at most. Find out who added the others, and delete all but the right one.`,
    ]);
  }
  const [row] = rows as { version: string; dirty: boolean }[];
  return row ? { version: Number(row.version), dirty: row.dirty } : null;
}

function ranInOf({ newest }: Partial<Columns>): RecordRead["ranIn"] {
  const { schema_name: schema = null, schema_oid: schemaOid = null, search_path: searchPath } = newest ?? {};
  return typeof searchPath === "string" ? { schema, schemaOid, searchPath } : null;
}

/** Reads golang-migrate's row of one table. @throws MigrateError if this role may not, or there are several */
export async function readSchemaVersion(
  client: Client,
  table: TableName,
  database: string,
): Promise<SchemaVersion | null> {
  const [rows = []] = await everyRow(client, versionQuery(table)).catch((error: unknown) => {
    throw unreadable(error, client.user ?? "");
  });
  return schemaVersionOf(rows, table, database);
}

async function readTablesAt(
  client: Client,
  queries: readonly (string | undefined)[],
  { user }: Surroundings,
): Promise<object[][]> {
  const text = queries.filter((query) => query !== undefined).join(";");
  if (text === "") return queries.map(() => []);
  const answers = await everyRow(client, text).catch((error: unknown) => {
    throw unreadable(error, user);
  });
  return queries.map((query) => (query === undefined ? [] : (answers.shift() ?? [])));
}

/** The rows of each query; a record of which row-level security hides rows is an error. */
async function everyRow(client: Client, queries: string): Promise<object[][]> {
  const [, ...results] = (await client.query(`set local ${EVERY_ROW};${queries}`)) as unknown as QueryResult<object>[];
  return results.map(({ rows }) => rows);
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
      `A part of it is gone: ${message}. Restore it; or, if golang-migrate's table is right, drop what is left (drop schema migrate cascade), and up takes over from there.`,
    ]);
  }
  if (code === "42703") {
    return refusal("The record of migrations cannot be read:", [
      `migrate.history is another tool's, or a later release's: ${message}. Use the release that wrote it.`,
    ]);
  }
  return error;
}
