import { DatabaseError } from "pg";
import type { Problem } from "./problems";

/** A value that the request's validation let through, and that its column's type does not take. */
export class RefusedValue extends Error {
  override readonly name = "RefusedValue";

  constructor(
    /** JSON pointer to its field. */
    readonly pointer: string,
    cause: DatabaseError,
  ) {
    super("The database does not take a value of the request.", { cause });
  }
}

/** Translates a violated constraint into the problem that `refusals` has for it; undefined for any other error. */
export function refusedByConstraint(
  error: unknown,
  refusals: Readonly<Record<string, () => Problem>>,
): Problem | undefined {
  return error instanceof DatabaseError ? refusals[error.constraint ?? ""]?.() : undefined;
}

/** SQLSTATE class of values that a type cannot hold. */
const DATA_EXCEPTION = "22";

/**
 * Finds the field whose value the server could not read. It names the parameter for such values alone: an error over a row
 * or a result is not the request's.
 */
export function refusedValue(error: unknown, fields: readonly (string | undefined)[] = []): RefusedValue | undefined {
  if (!(error instanceof DatabaseError && error.code?.startsWith(DATA_EXCEPTION))) return undefined;
  // The first one: a value that is quoted after it may look like one.
  const [, number] = /\$(\d+)/.exec(error.where ?? "") ?? [];
  const pointer = fields[Number(number) - 1];
  return pointer === undefined ? undefined : new RefusedValue(pointer, error);
}
