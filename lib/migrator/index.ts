/**
 * The migrator as a library; `migrate` is a thin command around it. Importing it does nothing.
 *
 *     const migrator = createMigrator({ connection: { connectionString }, directory: "migrations", log, signal });
 *     const { version, applied } = await migrator.up();
 *
 * Every method resolves with what its command prints as `--json` result, or rejects with a `MigrateError`, whose `exitCode` is the
 * command's and whose `details` say the rest. Each call opens its own connection and closes it. There is no state
 * outside of the object, so any number of migrators, on any databases, can be at work in one process.
 */

export type { DownOptions, DownResult, Migrator, RepairResult, TestOptions, TestResult, UpResult } from "./api";
export type { CompletedMigration } from "./apply/apply";
export type { BaselineOptions, BaselineResult } from "./apply/baseline";
export type { RepairOptions } from "./apply/repair";
export { type ExitCode, MigrateError, type MigrateErrorDetails, refusal, type SourcePosition } from "./base/errors";
export { count, type Log, type MigratorEvent } from "./base/events";
export type { MigratorOptions } from "./base/options";
export type { Ignore, Ignored } from "./catalogue/ignore";
export { connect, pause, pauseMilliseconds, place } from "./database/connection";
export { MAJOR_VERSION } from "./database/inspect";
export { assertWritable } from "./database/read-only";
export { type CreateOptions, type CreateResult, createMigration } from "./files/create";
export type { Migration } from "./files/folder";
export type { Loss } from "./losses";
export { createMigrator } from "./migrator";
export type { TrialState, Tried } from "./scratch/trial";
export type { DownSelection, UpSelection } from "./state/preflight";
export type { FileState, MigrationState, MigrationStatus, Status } from "./state/status";
export type { Drift, Verification, VerifyOptions } from "./state/verification";
export type { WaitOptions, WaitResult } from "./state/wait";
export type { TracedEffect, TracedMigration, TracedStatement } from "./trace/trace";
