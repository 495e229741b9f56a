import type { ClientConfig } from "pg";
import type { Log } from "./events";

export interface MigratorOptions {
  /** Settings of the connection. The role must own what it changes; a transaction pooler is refused. */
  readonly connection: ClientConfig;
  /** The folder of SQL files. */
  readonly directory: string;
  /** Called with each event. @default nothing is told */
  readonly log?: Log;
  /** Aborting it stops between migrations; the one under way may finish within `stopGraceSeconds`. */
  readonly signal?: AbortSignal;
  /** How often to try to connect, with growing pauses of at most 2 s. @default 30 */
  readonly connectTries?: number;
  /** Seconds for which a refused password is tried again, in case a new one is on its way to the server. @default 0 */
  readonly passwordWaitSeconds?: number;
  /** Write although the server's configuration makes transactions read-only. @default false: it is refused */
  readonly overrideReadOnly?: boolean;
  /** Seconds to wait for another runner. @default 60 */
  readonly lockWaitSeconds?: number;
  /** Seconds that a statement may wait for a lock; others queue behind it meanwhile. 0 for no limit. @default 5 */
  readonly lockTimeoutSeconds?: number;
  /** Tries of a migration whose locks are not free in time. @default 10 */
  readonly lockTries?: number;
  /** Seconds that one statement may take. 0 for no limit. @default 900 */
  readonly statementTimeoutSeconds?: number;
  /** Seconds that the migration under way may go on after `signal`. @default 20 */
  readonly stopGraceSeconds?: number;
  /** Whether errors leave out what may quote a row, for a log that others read. @default false */
  readonly withholdValues?: boolean;
  /**
   * SQL that ends the transaction of the last migration of an `up`, so that tables appear with their privileges.
   * @default none
   */
  readonly privileges?: string;
  /** Whether a file's checks have to hold. A database that is made to be thrown away has no rows to check. @default true */
  readonly checks?: boolean;
}

/** The options with every default in place. */
export type Settings = Required<Omit<MigratorOptions, "signal">> & Pick<MigratorOptions, "signal">;

export function withDefaults(options: MigratorOptions): Settings {
  return {
    log: () => {},
    connectTries: 30,
    passwordWaitSeconds: 0,
    overrideReadOnly: false,
    lockWaitSeconds: 60,
    lockTimeoutSeconds: 5,
    lockTries: 10,
    statementTimeoutSeconds: 900,
    stopGraceSeconds: 20,
    withholdValues: false,
    privileges: "",
    checks: true,
    ...options,
  };
}
