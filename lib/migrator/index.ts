/** The migrator as a library; `migrate` is a thin command around it. Importing it does nothing. */
export type { Step } from "./apply";
export { type BootstrapOptions, bootstrap, privilegesSql } from "./bootstrap";
export { type ExitCode, MigrateError, type MigrateErrorDetails, type SourcePosition } from "./errors";
export type { Log, MigratorEvent } from "./events";
export type { Migration } from "./folder";
export { createMigrator, type DownOptions, type DownResult, type Migrator, type UpResult } from "./migrator";
export type { MigratorOptions } from "./options";
export type { DownSelection, UpSelection } from "./preflight";
export type { MigrationState, MigrationStatus, Status } from "./status";
export type { Verification } from "./verify";
export type { WaitOptions, WaitResult } from "./wait";
