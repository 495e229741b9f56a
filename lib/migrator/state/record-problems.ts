import { tableSql } from "../database/found-table";
import type { DatabaseState } from "../database/inspect";
import { describeForeign } from "../database/other-tools";
import { adoptingCommand, describeElsewhere } from "../database/record-table";
import type { Folder } from "../files/folder";

/** Problems of a record that nobody may pass over. `none` stands for no version. */
export function recordProblems(folder: Folder, state: DatabaseState, none: number): string[] {
  return [
    ...state.foreign.filter(({ inTheWay }) => inTheWay).map(describeForeign),
    ...otherSchema(state),
    ...gone(state),
    ...dirt(folder, state, none),
  ];
}

/** Problems of a database whose record does not say what has run. */
export function unrecorded(state: DatabaseState): string[] {
  const { foreign, elsewhere, history } = state;
  // Then the missing table is the problem, and names them.
  if (history.length > 0) return [];
  const told = [
    ...foreign.filter(({ inTheWay }) => !inTheWay).map(describeForeign),
    ...elsewhere.map((table) => describeElsewhere(table, state)),
  ];
  return told.length > 0 || foreign.length > 0 ? told : notEmpty(state);
}

const NAMED = 3;

function notEmpty({ database, unrecorded }: DatabaseState): string[] {
  if (unrecorded.length === 0) return [];
  const more = unrecorded.length > NAMED ? ", …" : "";
  return [
    `The database ${database} is not empty (${unrecorded.slice(0, NAMED).join(", ")}${more}), and no record says what has run, so what is there may be made again. ` +
      "If it holds what these files make, see which file is the newest whose changes it has, and run `migrate baseline --version N`. If its tables are others, --allow-existing runs the files beside them.",
  ];
}

/** The same files under another search_path would be taken for applied, though that schema has nothing of them. */
function otherSchema({ database, ranIn, schema, schemaOid, searchPath }: DatabaseState): string[] {
  if (!ranIn || ranIn.schema === schema || ranIn.searchPath === searchPath) return [];
  const renamed = ranIn.schemaOid !== null && ranIn.schemaOid === schemaOid;
  if (renamed) return [];
  const here = schema === null ? "no schema that exists" : `schema ${schema}`;
  return [
    `The history of ${database} ran in schema ${ranIn.schema ?? "(none)"} (search_path ${ranIn.searchPath}), but this session's search_path is ${searchPath || "empty"}, so the files would now go into ${here}. ` +
      "One database has one history: give each schema's set of files a database of its own, or set search_path as it was (in the URL: options=-csearch_path=…; or alter role, alter database).",
  ];
}

/** Without its table, everything would count as undone and run again. That is right only where all else is gone, too. */
function gone({ database, tables, record, history, elsewhere, unrecorded }: DatabaseState): string[] {
  const newest = history.at(-1)?.version;
  if (newest === undefined || tables.schemaMigrations || unrecorded.length === 0) return [];
  const moved = elsewhere.map((table) => ` If ${tableSql(table)} is that table, moved: \`${adoptingCommand(table)}\`.`);
  return [
    `${tableSql(record)}, the table that golang-migrate reads, is gone, but the history of ${database} has versions up to ${newest}. ` +
      `If their tables are still there, \`migrate baseline --version ${newest}\` makes it again. If they were dropped and the other tables are not these files', drop the history as well (drop schema migrate cascade), and run up --allow-existing.${moved.join("")}`,
  ];
}

function dirt({ migrations }: Folder, { schemaVersion, database, record }: DatabaseState, none: number): string[] {
  if (!schemaVersion?.dirty) return [];
  const { version } = schemaVersion;
  const id = (wanted: number) =>
    migrations.find((migration) => migration.version === wanted)?.id ?? `version ${wanted}`;
  const next = migrations.find((migration) => migration.version > version);
  const suspects =
    version <= none
      ? `the down file of ${migrations[0]?.id ?? "the first migration"}`
      : `the up file of ${id(version)}${next ? ` or the down file of ${next.id}` : ""}`;
  return [
    `The database ${database} is dirty: ${tableSql(record)} says (${version}, true), so golang-migrate stopped in the middle of ${suspects}, ` +
      `and what that did is not known. Compare the database with that file, statement by statement; finish it or undo it by hand; then say which version the database is at, ${none} for none: ` +
      "`migrate baseline --force N` lists what it will write and asks.",
  ];
}
