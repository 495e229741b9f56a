import type { Client } from "pg";
import { count, type Log } from "../base/events";
import {
  CLEAR_PROGRESS,
  CREATE_SCHEMA_MIGRATIONS,
  CREATE_TABLES,
  recordBaseline,
  recordReverted,
  setSchemaVersion,
} from "../database/history";
import type { DatabaseState } from "../database/inspect";
import { CREATE_REPAIR_TABLES } from "../database/repairs";
import type { Comparison } from "../state/comparison";
import { recordFiles } from "./record-files";

/** Tables of the record that exist; kept up to date while they are made. */
export type Tables = { -readonly [Name in keyof DatabaseState["tables"]]: boolean };

/** SQL that creates the missing tables, once. */
export function createMissing(tables: Tables): string {
  return [
    tables.history ? "" : CREATE_TABLES,
    tables.repairs ? "" : CREATE_REPAIR_TABLES,
    tables.schemaMigrations ? "" : CREATE_SCHEMA_MIGRATIONS,
  ].join("");
}

export interface Reconciling {
  readonly client: Client;
  readonly comparison: Comparison;
  readonly state: DatabaseState;
  readonly tables: Tables;
  /** Privileges for this transaction, if no migration follows that would bring them. */
  readonly privileges: string;
  readonly log: Log;
}

/** Records what golang-migrate did. This is no migration, so it has a transaction of its own. */
export async function reconcile({ client, comparison, state, tables, privileges, log }: Reconciling): Promise<void> {
  const { adopt, revert } = comparison.reconciliation;
  if (adopt.length === 0 && revert.length === 0) return;
  const statements = [
    createMissing(tables),
    ...(revert.length > 0 ? [recordReverted(revert)] : []),
    ...adopt.map(recordBaseline),
    recordFiles(adopt),
    comparison.staleProgress ? CLEAR_PROGRESS : "",
    // Fills a table that a person had dropped; changes nothing otherwise.
    tables.schemaMigrations ? "" : setSchemaVersion(state.schemaVersion?.version ?? null),
    privileges && `${privileges}\n;`,
  ];
  await client.query(`begin;\n${statements.join("")}commit`);
  tables.history = true;
  tables.repairs = true;
  tables.schemaMigrations = true;
  log({
    level: "info",
    event: "reconciled",
    message: `Brought the history in line with public.schema_migrations: ${count(adopt.length, "migration")} recorded as baseline, ${revert.length} as reverted.`,
    adopted: adopt.map((migration) => migration.version),
    reverted: revert,
  });
}
