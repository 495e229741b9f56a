import { isMigrateError } from "../base/errors";
import type { Scratch } from "./scratch";

/**
 * Explains a file's failure on the scratch database by a lack of rights there, and says what an administrator does
 * about it. Undefined if that is not the cause.
 */
export function prevented(error: unknown, scratch: Scratch): string | undefined {
  if (!isMigrateError(error) || error.details.sqlstate === undefined) return undefined;
  const failure = `on the scratch database, ${error.message.replaceAll("\n", "\n  ")}`;
  if (scratch.unmade.length > 0) return `${failure}\n${missing(scratch)}`;
  const why = LACKS[error.details.sqlstate];
  return why?.test(error.message) ? `${failure}\n${REMEDIES[error.details.sqlstate]}` : undefined;
}

/** Messages by SQLSTATE. Many things can be there already. */
const LACKS: Readonly<Record<string, RegExp>> = { "42501": /./, "42710": /^.*\bextension "/ };

const REMEDIES: Readonly<Record<string, string>> = {
  "42501": "The role may not do there what the files do. Run this as a role that may.",
  "42710":
    "A file creates the extension, and the scratch database has it already and does not let this role drop it. Run this as a role that may create it, with a scratch database without it.",
};

/** Lists extensions that are not in the scratch database, with the statements that make them. */
export function missing({ unmade, remedy }: Scratch): string {
  return [
    "The database has extensions that could not be made in the scratch database:",
    ...unmade.map(({ extension, reason }) => `  ${extension.name}: ${reason}`),
    remedy,
    ...unmade.map(({ statement }) => `  ${statement}`),
  ].join("\n");
}
