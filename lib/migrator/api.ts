import type { ClientConfig } from "pg";
import type { CompletedMigration } from "./apply/apply";
import type { BaselineOptions, BaselineResult } from "./apply/baseline";
import type { RepairDone, RepairOptions } from "./apply/repair";
import type { Migration } from "./files/folder";
import type { Loss } from "./losses";
import type { Preview, PreviewOptions } from "./plan/preview";
import type { TrialResult } from "./scratch/trial";
import type { DownSelection, UpSelection } from "./state/preflight";
import type { Status } from "./state/status";
import type { Verification, VerifyOptions } from "./state/verification";
import type { WaitOptions, WaitResult } from "./state/wait";
import type { TracedMigration } from "./trace/trace";

export interface UpResult {
  readonly database: string;
  /** The version that the database is at now; 0 for none, or -1 where a migration has the number 0. */
  readonly version: number;
  readonly applied: readonly CompletedMigration[];
  /** Versions that golang-migrate had applied and that are recorded now. */
  readonly adopted: readonly number[];
  /** Whether the database is ahead of the folder, and so nothing was done. */
  readonly ahead: boolean;
}

export interface DownResult {
  readonly database: string;
  readonly version: number;
  readonly reverted: readonly CompletedMigration[];
}

export interface RepairResult extends RepairDone {
  /** Comparison of the database with the files afterwards. Absent if nothing was written after a question. */
  readonly verification?: Verification;
}

export type DownOptions = DownSelection & {
  /**
   * Asked before anything is undone, with the migrations, newest first, and the losses; false cancels.
   * @default yes, without counting losses
   */
  readonly confirm?: (migrations: readonly Migration[], losses: readonly Loss[]) => Promise<boolean>;
};

export interface TestOptions {
  /** An empty database, emptied again afterwards. @default one that is created on the same server and dropped */
  readonly scratch?: ClientConfig;
  /** The first version to try. Files below it run up once. @default all are tried */
  readonly from?: number;
  /** Also report what each statement of the up files locks, reads and rewrites. @default false */
  readonly trace?: boolean;
}

export interface TestResult extends TrialResult {
  /** One for each file that was tried. Absent unless it was asked for. */
  readonly trace?: readonly TracedMigration[];
}

export interface Migrator {
  /** Runs what is pending. @throws MigrateError */
  up(options?: UpSelection): Promise<UpResult>;
  /**
   * Tells what `up` would do, after the same checks; writes nothing.
   * @throws MigrateError for what `up` would refuse
   */
  plan(options?: UpSelection & PreviewOptions): Promise<Preview>;
  /** Undoes the newest migrations, or all above a version. @throws MigrateError */
  down(options: DownOptions): Promise<DownResult>;
  /** Reads and compares; writes and locks nothing. */
  status(): Promise<Status>;
  /** Resolves when the database is at a version or above, and clean. @throws MigrateError `pending` at the deadline */
  wait(options: WaitOptions): Promise<WaitResult>;
  /**
   * Compares files, history and golang-migrate's table; with `drift` also the database with a fresh one. Writes to and locks
   * nothing in the database itself.
   */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** Records a version and all below it as applied, without running them. @throws MigrateError where the history says otherwise */
  baseline(options: BaselineOptions): Promise<BaselineResult>;
  /**
   * Brings the history in line with files that were changed on purpose, and verifies the outcome.
   * @throws MigrateError `refused` where it cannot
   */
  repair(options?: RepairOptions & VerifyOptions): Promise<RepairResult>;
  /** Proves on a scratch database that each down file undoes its up file. @throws MigrateError `refused` if there is none */
  test(options?: TestOptions): Promise<TestResult>;
}
