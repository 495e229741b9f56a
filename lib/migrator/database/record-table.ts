import { shellWord } from "../../common/shell-word";
import { type FoundTable, isSame, type TableName, tableSql } from "./found-table";
import { toolOf } from "./other-tools";

/** The place of golang-migrate's table, and the session's search_path. */
export interface RecordPlace {
  /** golang-migrate's table, whether it exists or is made by the first migration. */
  readonly record: TableName;
  /** The first schema of search_path that exists, in which unqualified names are made. Null if none does. */
  readonly schema: string | null;
  /** Its oid, which a renamed schema keeps. */
  readonly schemaOid: string | null;
  /** search_path with the role's name for "$user". */
  readonly searchPath: string;
}

/** golang-migrate's name for its table, which its `x-migrations-table` changes. */
const USUAL_NAME = "schema_migrations";

/** The tool for `baseline --from` whose table is read and written as it is. */
export const GOLANG_MIGRATE = "golang-migrate";

/** A column of golang-migrate's table that few others have. */
export const RECORD_COLUMN = "dirty";

/** golang-migrate's table under any name; of the usual name also where people have added columns. */
export function isGolangMigrates(table: FoundTable): boolean {
  const { kind, name, columns } = table;
  const column = (wanted: string) => columns.find((one) => one.name === wanted);
  const [version, dirty] = [column("version"), column(RECORD_COLUMN)];
  if (kind !== "r" || version?.type !== "bigint" || dirty?.type !== "boolean") return false;
  if (toolOf(table) !== undefined) return false;
  if (name === USUAL_NAME) return true;
  return columns.length === 2 && version.required && dirty.required;
}

/** golang-migrate's table, as far as it was found. */
export interface Found {
  readonly record: TableName;
  readonly exists: boolean;
  /** Its tables that are not this search_path's, or more than one that are. Empty where the record exists. */
  readonly elsewhere: readonly FoundTable[];
}

/**
 * Chooses golang-migrate's table. `remembered` is the one that the history remembers. Without a history it is that of the
 * current schema, as golang-migrate itself has it.
 */
export function chooseRecord(
  tables: readonly FoundTable[],
  schema: string | null,
  remembered: TableName | undefined,
): Found {
  const all = tables.filter((table) => isGolangMigrates(table) && table.schema !== "migrate");
  const exists = (record: TableName) => all.some((table) => isSame(table, record));
  if (remembered) {
    const there = exists(remembered);
    return { record: remembered, exists: there, elsewhere: there ? [] : all };
  }
  const here = all.filter((table) => table.schema === schema);
  if (here[0] && here.length === 1) return { record: here[0], exists: true, elsewhere: [] };
  const record = { schema: schema ?? "public", name: USUAL_NAME };
  return { record, exists: false, elsewhere: here.length > 1 ? here : all };
}

/** The table of releases that did not remember it. */
export const FORMER_RECORD: TableName = { schema: "public", name: USUAL_NAME };

/** Explains golang-migrate's record elsewhere, and how to adopt it. */
export function describeElsewhere(
  table: FoundTable,
  { schema, searchPath }: Pick<RecordPlace, "schema" | "searchPath">,
): string {
  const name = tableSql(table);
  const why =
    table.schema === schema
      ? "one of several such tables of this schema"
      : `not in the current schema, ${schema ?? "of which there is none"} (search_path is ${searchPath || "empty"})`;
  return (
    `${name} has the form of golang-migrate's record, but is ${why}. So what it says has run would run again. ` +
    `If it is about these files, run \`${adoptingCommand(table)}\`, which adopts it. ` +
    "If these files are others, --allow-existing runs them beside it."
  );
}

/** The command that takes a table for golang-migrate's. */
export function adoptingCommand(table: TableName): string {
  return `migrate baseline --from ${GOLANG_MIGRATE} --table ${shellWord(tableSql(table))}`;
}
