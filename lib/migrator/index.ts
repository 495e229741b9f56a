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
export type { Step } from "./apply";
export type { BaselineOptions, BaselineResult } from "./baseline";
export { type BootstrapOptions, bootstrap, privilegesSql } from "./bootstrap";
export { type CreateOptions, type CreateResult, createMigration } from "./create";
export { type ExitCode, MigrateError, type MigrateErrorDetails, type SourcePosition } from "./errors";
export type { Log, MigratorEvent } from "./events";
export type { Migration } from "./folder";
export type { Loss } from "./losses";
export {
  createMigrator,
  type DownOptions,
  type DownResult,
  type Migrator,
  type TestOptions,
  type UpResult,
} from "./migrator";
export type { MigratorOptions } from "./options";
export type { DownSelection, UpSelection } from "./preflight";
export type { Drift } from "./scratch/drift";
export type { TrialResult, TrialState, Tried } from "./scratch/trial";
export type { FileState, MigrationState, MigrationStatus, Status } from "./status";
export type { Verification, VerifyOptions } from "./verify";
export type { WaitOptions, WaitResult } from "./wait";
