import { isNativeError } from "node:util/types";
import { DatabaseError } from "pg";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { DATA_SVC, VERSION } from "../contract";

export type { Logger } from "pino";

/** A logger that writes one JSON object a line. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  const options = {
    level,
    base: { service: DATA_SVC.name, version: VERSION },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // fastify puts these into its own messages. They hold query parameters, headers and addresses.
    serializers: { err: describeError, error: describeError, req: () => undefined, res: () => undefined },
    // A safety net: nothing here is meant to be logged.
    redact: {
      paths: ["password", "url", "features", "headers", "body", "query"].flatMap((name) => [name, `*.${name}`]),
      censor: "[redacted]",
    },
  };
  return pino(options, destination);
}

/** SQLSTATE classes whose messages concern connections, roles and resources, never a row's content. */
const SAFE_CLASSES = ["08", "28", "3D", "53", "57", "58"];

/** The server's routine behind RAISE in PL/pgSQL. */
const RAISE = "exec_stmt_raise";

/**
 * The loggable part of an error. Messages and details can quote a client's input or a row (`invalid input syntax for
 * type …: "…"`). So an unexpected error is logged as type, codes and stack without its message.
 */
function describeError(error: unknown): Record<string, unknown> {
  // fastify's errors lack the native mark, and those of another realm are no instance of our Error.
  if (!(error instanceof Error || isNativeError(error))) return { type: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  const described = { type: error.name, code };
  if (error instanceof DatabaseError) {
    const { severity, constraint, table, column, routine } = error;
    // A function of the database may raise anything under any code.
    const isSafeClass = routine !== RAISE && SAFE_CLASSES.some((prefix) => code?.startsWith(prefix));
    const message = isSafeClass ? error.message : undefined;
    return { ...described, message, severity, constraint, table, column, routine };
  }
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { ...described, message: isSafe(error) ? error.message : undefined, stack: frames(error), cause };
}

/** Marks errors of this service, whose messages may be shown. */
export interface Presentable {
  readonly presentable: true;
}

function isSafe(error: Error): boolean {
  const { syscall, presentable } = error as NodeJS.ErrnoException & Partial<Presentable>;
  return presentable === true || syscall !== undefined;
}

/** The lines of the stack below the message, which may have lines that look like them. */
const frames = ({ stack, message }: Error) =>
  stack
    ?.replace(message, "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
