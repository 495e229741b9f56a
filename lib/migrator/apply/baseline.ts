import type { Client } from "pg";
import { refusal } from "../base/errors";
import { count } from "../base/events";
import type { Settings } from "../base/options";
import { STAYS } from "../database/connection";
import { type TableName, tableSql } from "../database/found-table";
import { CLEAR_PROGRESS, RecordSql } from "../database/history";
import type { DatabaseState } from "../database/inspect";
import { checkForeign, moveAside } from "../database/other-tools";
import { describeElsewhere, GOLANG_MIGRATE } from "../database/record-table";
import type { Folder, Migration } from "../files/folder";
import { noVersion } from "../state/applied";
import { compare } from "../state/comparison";
import { adopting, type Begun } from "./adopt-table";
import { lockAndInspect } from "./apply";
import { recordFiles } from "./record-files";
import { writeRecord } from "./write-record";

export interface BaselineOptions {
  /**
   * The version that the database is at; with `force` alone also none: -1, or 0 where no migration has the number 0.
   * @default the version in `table`
   */
  readonly version?: number;
  /** Correct a dirty `public.schema_migrations`; nothing else may be corrected so. @default false */
  readonly force?: boolean;
  /** The tool that migrated the database before, e.g. `goose`: to adopt one that carries another tool's record. @default none */
  readonly from?: string;
  /** golang-migrate's table to adopt, with `from: "golang-migrate"`. It is read and written from then on. @default that of the current schema */
  readonly table?: TableName;
  /** Adopt beside records that are about other tables. @default false */
  readonly allowExisting?: boolean;
  /** Asked before anything is written, with everything that would be; false cancels. @default yes */
  readonly confirm?: (writes: readonly string[]) => Promise<boolean>;
}

export interface BaselineResult {
  readonly database: string;
  readonly version: number;
  /** Versions recorded as applied without having run. */
  readonly recorded: readonly number[];
  /** Versions marked as reverted, with `force` alone. */
  readonly reverted: readonly number[];
  /** False if there was nothing to write, or the answer was no. */
  readonly changed: boolean;
}

/** A planned change of the record. */
interface Change {
  readonly record: readonly Migration[];
  readonly revert: readonly number[];
  readonly row: boolean;
  /** Version in golang-migrate's row afterwards; null for no row. */
  readonly migrated: number | null;
  /** SQL that moves another tool's table out of the way. */
  readonly aside: string;
  /** Every write, in words. */
  readonly writes: readonly string[];
}

/** Records a version and all below it as applied, without running them. @throws MigrateError `refused` where that contradicts the history */
export async function baseline(
  settings: Settings,
  { folder, state, client }: { folder: Folder; state: DatabaseState; client: Client },
  options: BaselineOptions,
): Promise<BaselineResult> {
  const begun = await adopting(client, state, options);
  const unchanged = {
    database: state.database,
    version: compare(folder, begun.state).current,
    recorded: [],
    reverted: [],
    changed: false,
  };
  const first = check(folder, begun, options);
  if (first.writes.length === 0) return unchanged;
  await client.query(STAYS);
  if (options.confirm && !(await options.confirm(first.writes))) return unchanged;
  const now = await adopting(client, await lockAndInspect(settings, client, begun.state), options);
  const change = check(folder, now, options);
  if (change.writes.join("\n") !== first.writes.join("\n")) {
    throw refusal("Refused, and nothing was written:", [
      "Another runner has changed the database meanwhile, so that something else would be written. Run this again.",
    ]);
  }
  await write(client, now, change, settings.privileges);
  const recorded = change.record.map(({ version }) => version);
  return {
    database: state.database,
    version: Math.max(noVersion(folder, now.state), now.version),
    recorded,
    reverted: change.revert,
    changed: true,
  };
}

function check(folder: Folder, begun: Begun, options: BaselineOptions): Change {
  const { state, version } = begun;
  const { allowExisting = false } = options;
  // Adopting again finds the record adopted, and nothing to do.
  const adopted = options.from === GOLANG_MIGRATE || (state.tables.history && state.foreign.length === 0);
  const from = adopted ? undefined : options.from;
  // Judge the state after the change: present problems are what it corrects.
  const migrated = rowOf(folder, state, version);
  const schemaVersion = migrated === null ? null : { version: migrated, dirty: false };
  const tables = { ...state.tables, schemaMigrations: true };
  const { problems } = compare(folder, { ...state, tables, foreign: [], progress: [], schemaVersion });
  const all = [
    ...folder.problems,
    ...checkForeign(state.foreign, from, allowExisting),
    ...(allowExisting || state.tables.history ? [] : state.elsewhere.map((table) => describeElsewhere(table, state))),
    ...contradictions(folder, state, migrated, options),
    ...problems,
  ];
  if (all.length > 0) throw refusal(`Refused, and nothing was written. ${folder.directory}:`, all);
  const known = new Set(state.history.map((row) => row.version));
  const record = folder.migrations.filter((migration) => migration.version <= version && !known.has(migration.version));
  const revert = [...known].filter((recorded) => recorded > version);
  const row = state.schemaVersion?.dirty === true || (state.schemaVersion?.version ?? null) !== migrated;
  const change = { record, revert, row, migrated, aside: moveAside(state.foreign, from) };
  return { ...change, writes: describe(begun, change) };
}

/** golang-migrate's row at a version; null for none. */
function rowOf(folder: Folder, state: DatabaseState, version: number): number | null {
  return version > noVersion(folder, state) ? version : null;
}

function contradictions(
  { migrations }: Folder,
  { schemaVersion, history, database, record }: DatabaseState,
  migrated: number | null,
  { force = false, from }: BaselineOptions,
): string[] {
  const version = migrated ?? -1;
  const problems: string[] = [];
  const dirty = schemaVersion?.dirty ?? false;
  const current = schemaVersion?.version ?? -1;
  if (
    !(migrated === null && (force || from === GOLANG_MIGRATE)) &&
    !migrations.some((migration) => migration.version === migrated)
  ) {
    problems.push(
      `No file has version ${migrated ?? 0}; the newest is ${migrations.at(-1)?.version ?? 0}. Only what the folder knows can be recorded.`,
    );
  }
  if (force && !dirty) {
    problems.push(
      `The database ${database} is not dirty, so there is nothing to force. To record what is there already, use baseline --version ${migrated ?? "N"}; to go back, ${migrated === null ? "down --all" : `down --to ${version}`}.`,
    );
  }
  if (!force && dirty) {
    problems.push(
      `The database ${database} is dirty: ${tableSql(record)} says (${schemaVersion?.version}, true). Find out what state it is in, see \`migrate status\`, then say so with baseline --force N.`,
    );
  }
  if (!force && version < current) {
    const newest = history.at(-1)?.version ?? current;
    problems.push(
      `The database is at version ${current} already${newest === current && history.length > 0 ? ", and the history says how it came there" : ""}. Recording ${version} would contradict that. To go back, use down --to ${version}.`,
    );
  }
  return problems;
}

function describe({ state, moves }: Begun, { record, revert, row, migrated, aside }: Omit<Change, "writes">): string[] {
  const now = state.schemaVersion;
  const before = now ? `(${now.version}, ${now.dirty})` : "no row";
  const after = migrated === null ? "no row" : `(${migrated}, false)`;
  return [
    ...(aside ? [aside.trim().replaceAll("\n", " ")] : []),
    ...(moves ? [`migrate.record: ${tableSql(state.record)} is golang-migrate's table`] : []),
    ...record.map(({ id }) => `migrate.history: ${id} is recorded as baseline, without being run`),
    ...revert.map((recorded) => `migrate.history: version ${recorded} is marked as reverted`),
    ...(state.progress.length > 0
      ? [
          `migrate.progress: what is recorded of ${count(state.progress.length, "statement")} of version ${state.progress[0]?.version} is deleted`,
        ]
      : []),
    ...(row ? [`${tableSql(state.record)}: ${before} becomes ${after}`] : []),
  ];
}

async function write(client: Client, { state, moves }: Begun, change: Change, privileges: string) {
  const sql = new RecordSql(state);
  const statements = [
    change.aside && `create schema if not exists migrate;\n${change.aside}`,
    sql.create(state.tables),
    moves ? sql.remember() : "",
    change.revert.length > 0 ? sql.reverted(change.revert) : "",
    ...change.record.map((migration) => sql.baseline(migration)),
    recordFiles(change.record),
    CLEAR_PROGRESS,
    sql.setVersion(change.migrated),
    privileges && `${privileges}\n;`,
  ];
  await writeRecord(client, statements.join(""));
}
