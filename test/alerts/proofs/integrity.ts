import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

const HALF = 2 ** 30;
const QUARTER = 2 ** 29;

export const INTEGRITY: Readonly<Record<string, Proof>> = {
  "PostgresTransactionIdAge warning": fault({
    alert: "PostgresTransactionIdAge warning",
    minutes: 0,
    values: { xidAge: HALF + 1 },
    near: { xidAge: always(HALF) },
  }),
  "PostgresTransactionIdAge critical": fault({
    alert: "PostgresTransactionIdAge critical",
    minutes: 0,
    values: { xidAge: HALF + QUARTER + 1 },
    also: ["PostgresTransactionIdAge warning"],
    near: { xidAge: always(HALF + QUARTER) },
    nearAlerts: ["PostgresTransactionIdAge warning"],
  }),
  "PostgresMultiXactAge warning": fault({
    alert: "PostgresMultiXactAge warning",
    minutes: 0,
    values: { mxidAge: HALF + 1 },
    near: { mxidAge: always(HALF) },
  }),
  "PostgresMultiXactAge critical": fault({
    alert: "PostgresMultiXactAge critical",
    minutes: 0,
    values: { mxidAge: HALF + QUARTER + 1 },
    also: ["PostgresMultiXactAge warning"],
    near: { mxidAge: always(HALF + QUARTER) },
    nearAlerts: ["PostgresMultiXactAge warning"],
  }),
  "PostgresChecksumFailure critical": fault({
    alert: "PostgresChecksumFailure critical",
    minutes: 0,
    values: { checksums: 1 },
    near: { scrapeError: "0+0x5 1+0x3 0+0x100" },
  }),
  "PostgresInvalidIndex warning": fault({
    alert: "PostgresInvalidIndex warning",
    minutes: 60,
    values: { invalidIndexes: 1 },
    // One that is built for half an hour.
    near: { invalidIndexes: "0+0x5 1+0x50 0+0x100" },
  }),
  "PostgresPendingRestart warning": fault({
    alert: "PostgresPendingRestart warning",
    minutes: 60,
    values: { pendingRestart: 2 },
    near: { pendingRestart: "0+0x5 2+0x50 0+0x100" },
  }),
  "PostgresSequenceUsed warning": fault({
    alert: "PostgresSequenceUsed warning",
    minutes: 0,
    values: { sequenceUsed: 0.76 },
    near: { sequenceUsed: always(0.75) },
  }),
  "AuditDefaultPartitionNotEmpty warning": fault({
    alert: "AuditDefaultPartitionNotEmpty warning",
    minutes: 5,
    values: { auditInDefault: 1 },
    // Until the next partitions are made.
    near: { auditInDefault: "0+0x5 1+0x3 0+0x100" },
  }),
  "AuditPartitionsMissing warning": fault({
    alert: "AuditPartitionsMissing warning",
    minutes: 5,
    values: { auditMonthsAhead: 1 },
    near: { auditMonthsAhead: always(2) },
  }),
  "SchemaDirty critical": fault({
    alert: "SchemaDirty critical",
    minutes: 0,
    values: { dirty: 1 },
    // A schema ahead of the release, as after a rollback.
    near: { version: always(99) },
  }),
  "SchemaBelowRequired warning": fault({
    alert: "SchemaBelowRequired warning",
    minutes: 10,
    values: { version: 3 },
    // A new pod has seen none yet.
    near: { version: "_x9 7+0x100" },
  }),
  "DataServiceNoUsableModel critical": fault({
    alert: "DataServiceNoUsableModel critical",
    minutes: 0,
    values: { modelUsable: 0 },
    // A new pod has asked for none yet.
    near: { modelUsable: "_x9 1+0x100" },
  }),
};
