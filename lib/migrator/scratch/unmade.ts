import { isMigrateError } from "../base/errors";
import type { Scratch } from "./scratch";

/**
 * Explains a file's failure on the scratch database by a lack of rights there, and says what an administrator does
 * about it. Undefined if that is not the cause.
 */
export function prevented(error: unknown, scratch: Scratch): string | undefined {
  if (!isMigrateError(error) || error.details.sqlstate === undefined) return undefined;
  if (scratch.unmade.length === 0 && error.details.sqlstate !== NOT_ALLOWED) return undefined;
  const failure = `on the scratch database, ${error.message.replaceAll("\n", "\n  ")}`;
  if (scratch.unmade.length === 0)
    return `${failure}\nThe role may not do there what the files do. Run this as a role that may.`;
  return `${failure}\n${missing(scratch)}`;
}

const NOT_ALLOWED = "42501";

/** Lists extensions that are not in the scratch database, with the statements that make them. */
export function missing({ unmade, remedy }: Scratch): string {
  return [
    "The database has extensions that could not be made in the scratch database:",
    ...unmade.map(({ extension, reason }) => `  ${extension.name}: ${reason}`),
    remedy,
    ...unmade.map(({ statement }) => `  ${statement}`),
  ].join("\n");
}
