import type { Client } from "pg";
import { refusal } from "../base/errors";
import { isSame, type TableName, tableSql } from "../database/found-table";
import type { DatabaseState } from "../database/inspect";
import { readSchemaVersion } from "../database/read-record";
import { GOLANG_MIGRATE } from "../database/record-table";

/** The choice of golang-migrate's table. */
export interface TableChoice {
  /** The tool that migrated the database before. */
  readonly from?: string;
  readonly table?: TableName;
  readonly version?: number;
}

/** A database, and the version to record. */
export interface Begun {
  readonly state: DatabaseState;
  readonly version: number;
  /** Whether the record's table is another one than the history remembers. */
  readonly moves: boolean;
}

/** Takes golang-migrate's table for the record where that is asked for. @throws MigrateError `refused` if it is not one */
export async function adopting(
  client: Client,
  state: DatabaseState,
  { from, table, version }: TableChoice,
): Promise<Begun> {
  if (from !== GOLANG_MIGRATE) return { state, version: version ?? 0, moves: false };
  const { record, elsewhere, tables, database } = state;
  const present = [...(tables.schemaMigrations ? [record] : []), ...elsewhere];
  const chosen = table ? present.find((one) => isSame(one, table)) : present.length === 1 ? present[0] : undefined;
  if (!chosen) throw refusal("Refused, and nothing was written:", [noSuchTable(state, table, present)]);
  const schemaVersion = await readSchemaVersion(client, chosen, database);
  const adopted = {
    schemaVersion,
    record: { schema: chosen.schema, name: chosen.name },
    foreign: [],
    elsewhere: [],
    unrecorded: [],
  };
  return {
    state: { ...state, ...adopted, tables: { ...tables, schemaMigrations: true } },
    version: version ?? Math.max(-1, schemaVersion?.version ?? -1),
    moves: !tables.history || !isSame(record, chosen),
  };
}

function noSuchTable(
  { database, record, tables }: DatabaseState,
  table: TableName | undefined,
  present: readonly TableName[],
) {
  if (table && tables.history && tables.schemaMigrations) {
    return `--table is ${tableSql(table)}, but the history of ${database} is kept with ${tableSql(record)}. A database has one history; leave --from and --table out.`;
  }
  const there = present.map(tableSql).join(", ");
  const found = there ? `Tables of that form are: ${there}.` : "There is no table of that form.";
  return table
    ? `--table is ${tableSql(table)}, which is not golang-migrate's record in ${database}: that is a table with (version bigint not null, dirty boolean not null). ${found}`
    : `--from is ${GOLANG_MIGRATE}, so say which table with --table SCHEMA.NAME. ${found}`;
}
