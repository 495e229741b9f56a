import { DatabaseError } from "pg";

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
