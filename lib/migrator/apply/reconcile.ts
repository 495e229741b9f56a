import type { Client } from "pg";
import { count, type Log } from "../base/events";
import { tableSql } from "../database/found-table";
import { CLEAR_PROGRESS, RecordSql, type Tables } from "../database/history";
import type { DatabaseState } from "../database/inspect";
import type { Comparison } from "../state/comparison";
import { recordFiles } from "./record-files";

/** Tables of the record that exist; kept up to date while they are made. */
export type KnownTables = { -readonly [Name in keyof Tables]: boolean };

export const ALL_THERE: Tables = { schemaMigrations: true, history: true, complete: true };

export interface Reconciling {
  readonly client: Client;
  readonly comparison: Comparison;
  readonly state: DatabaseState;
  readonly tables: KnownTables;
  /** Privileges for this transaction, if no migration follows that would bring them. */
  readonly privileges: string;
  readonly log: Log;
}

/** Records what golang-migrate did. This is no migration, so it has a transaction of its own. */
export async function reconcile({ client, comparison, state, tables, privileges, log }: Reconciling): Promise<void> {
  const { adopt, revert } = comparison.reconciliation;
  if (adopt.length === 0 && revert.length === 0) return;
  const record = new RecordSql(state);
  const statements = [
    record.create(tables),
    ...(revert.length > 0 ? [record.reverted(revert)] : []),
    ...adopt.map((migration) => record.baseline(migration)),
    recordFiles(adopt),
    comparison.staleProgress ? CLEAR_PROGRESS : "",
    // Fills a table that golang-migrate had dropped with all others; changes nothing otherwise.
    tables.schemaMigrations ? "" : record.setVersion(state.schemaVersion?.version ?? null),
    privileges && `${privileges}\n;`,
  ];
  await client.query(`begin;\n${statements.join("")}commit`);
  Object.assign(tables, ALL_THERE);
  log({
    level: "info",
    event: "reconciled",
    message: `Brought the history in line with ${tableSql(state.record)}: ${count(adopt.length, "migration")} recorded as baseline, ${revert.length} as reverted.`,
    adopted: adopt.map((migration) => migration.version),
    reverted: revert,
  });
}
