import { isNativeError } from "node:util/types";
import { DatabaseError } from "pg";
import { LookupTimeoutError } from "../common/name-lookups";
import type { Presentable } from "./logging";

/** Kinds of failure that waiting or an operator can mend. */
export type FailureKind =
  | "unreachable"
  | "starting"
  | "refused"
  | "missing"
  | "exhausted"
  | "storage-full"
  | "read-only"
  | "unreplicated"
  | "overloaded"
  | "forbidden";

/** The database cannot answer now. The request is valid, and may succeed later. */
export class DatabaseFailure extends Error implements Presentable {
  override readonly name = "DatabaseFailure";
  readonly presentable = true;

  constructor(
    readonly kind: FailureKind,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

type Explanation = readonly [FailureKind, string];

/** Explanations by SQLSTATE, or by its first two characters for a whole class. */
const BY_STATE: Readonly<Record<string, Explanation>> = {
  "28P01": [
    "refused",
    "The database refuses the role's password. It must be the one in the Secret that is mounted here: " +
      "`migrate bootstrap` sets each role's password from its Secret.",
  ],
  "28": [
    "refused",
    "The database refuses to let this role in. Check that `migrate bootstrap` has run, and pg_hba.conf: it may ask for TLS.",
  ],
  "3D": [
    "missing",
    "The server has no database of this name. Check the URL's last part, and that `migrate bootstrap` has run.",
  ],
  "42501": ["forbidden", "The role lacks a privilege. `migrate bootstrap` and `migrate up` grant what it needs."],
  "53300": [
    "exhausted",
    "The server has no connection left for this role. Lower POOL_MAX or the replicas, or raise the limit.",
  ],
  "53100": ["storage-full", "The database's volume is full. Free space on it, or enlarge its claim."],
  "53": ["overloaded", "The database server is short of resources."],
  "55P03": ["overloaded", "A lock was not free in time."],
  "57014": ["overloaded", "The statement took too long and was cancelled."],
  "57P03": ["starting", "The server is starting up or shutting down."],
  "57P": ["unreachable", "The server ended the connection."],
  "58": ["overloaded", "The database server met an error of its operating system: see its log."],
  "08": ["unreachable", "The connection to the database was lost."],
  "25006": ["read-only", "The server takes no writes: its volume is nearly full."],
  "40": ["overloaded", "The transaction lost against another one."],
  // A prepared statement from before a migration changed its result. A new connection prepares it again.
  "0A000": ["overloaded", "The schema changed under a prepared statement."],
};

/** Advice for a name that no name server tells. */
const ASK_DNS =
  'The database has not been asked. Check the cluster\'s DNS, and `network.dns` of the stage: "Host name not found" in docs/operations.md.';

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens at the database's address.",
  ENOTFOUND: "The database's host name is not known.",
  EAI_AGAIN: `The database's host name cannot be resolved at the moment. ${ASK_DNS}`,
  ECONNRESET: "The connection to the database was reset.",
  EPIPE: "The connection to the database was lost.",
  ETIMEDOUT: "The database did not answer in time.",
  EHOSTUNREACH: "There is no route to the database's host.",
  ENETUNREACH: "There is no route to the database's network.",
};

/** Explanations by message, for errors that pg itself raises without a code. */
const BY_MESSAGE: readonly (readonly [RegExp, Explanation])[] = [
  [/^timeout exceeded when trying to connect/, ["exhausted", "Every connection of the pool is in use."]],
  [/^Connection terminated due to connection timeout/, ["unreachable", "The database did not answer in time."]],
  [/^timeout expired/, ["unreachable", "The database did not answer in time."]],
  [/^Connection terminated/, ["unreachable", "The connection to the database was lost."]],
  [/^Client has encountered a connection error/, ["unreachable", "The connection to the database was lost."]],
  [/^Client was closed/, ["unreachable", "The connection to the database was lost."]],
  [/^Cannot use a pool after calling end/, ["unreachable", "The service is stopping."]],
  [
    /SSL|TLS|certificate/i,
    ["refused", "No encrypted connection could be made. Check sslmode and sslrootcert in the URL."],
  ],
];

/** Explains an error of pg; undefined if it concerns the request or this program. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  if (error instanceof DatabaseFailure) return error;
  if (!isNativeError(error)) return undefined;
  const found = explain(error);
  return found && new DatabaseFailure(found[0], found[1], error);
}

function explain(error: Error): Explanation | undefined {
  // The pool wraps errors of a connection that it ends.
  const lookup = [error, error.cause].find((one) => one instanceof LookupTimeoutError);
  if (lookup) return ["unreachable", `The database's host name is not known: ${lookup.message}. ${ASK_DNS}`];
  const { code = "" } = error as NodeJS.ErrnoException;
  if (error instanceof DatabaseError) {
    // A standby has the same code, but only another server takes writes.
    if (code === "25006" && /during recovery/.test(error.message)) return ["unreachable", "The server is a standby."];
    return BY_STATE[code] ?? BY_STATE[code.slice(0, 3)] ?? BY_STATE[code.slice(0, 2)];
  }
  const known = BY_CODE[code];
  if (known) return ["unreachable", known];
  return BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1];
}
