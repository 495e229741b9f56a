import { EXIT } from "../../contract";

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A place in a file. Lines and columns count from 1; columns count characters, not bytes. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface MigrateErrorDetails {
  /** Every reason for a refusal, one sentence or more each. */
  readonly problems?: readonly string[];
  /** Version of the migration whose SQL failed. */
  readonly version?: number;
  readonly position?: SourcePosition;
  /** The server's own account of an SQL failure. */
  readonly sqlstate?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly context?: string;
}

/** Every failure that is expected, with the code that `migrate` exits with and a message for a person. */
export class MigrateError extends Error {
  override readonly name = "MigrateError";

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: MigrateErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** All reasons at once, under one heading. */
export function refusal(heading: string, problems: readonly string[], exitCode: ExitCode = EXIT.refused): MigrateError {
  const list = problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`);
  return new MigrateError(exitCode, [heading, ...list].join("\n"), { problems });
}

export function isMigrateError(error: unknown): error is MigrateError {
  return error instanceof MigrateError;
}

export function stopped(detail = "Nothing was changed."): MigrateError {
  return new MigrateError(EXIT.signalled, `Stopped by a signal. ${detail}`);
}
