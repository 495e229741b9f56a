import { isNativeError } from "node:util/types";
import { DatabaseError } from "pg";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { DATA_SVC, VERSION } from "../contract";

export type { DestinationStream, Logger } from "pino";

/** A logger that writes one JSON object a line. @param destination default standard output */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: DATA_SVC.name, version: VERSION },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // fastify hands these over in messages of its own. They hold query parameters, headers and addresses.
    serializers: { err: describeError, error: describeError, req: () => undefined, res: () => undefined },
    // Nothing here is meant to be logged; this is for the day when somebody does.
    redact: {
      paths: ["password", "url", "features", "headers", "body", "query"].flatMap((name) => [name, `*.${name}`]),
      censor: "[redacted]",
    },
  };
  // Synchronous, so that a line is written when the next one begins, and the last ones are not lost at exit.
  return pino(options, destination ?? pino.destination({ sync: true }));
}

/** SQLSTATE classes whose messages speak of connections, roles and resources, never of what is in a row. */
const SAFE_CLASSES = ["08", "28", "3D", "53", "57", "58"];

/**
 * What may be logged of an error. A message or a detail can quote what a client sent or a row holds (`invalid input
 * syntax for type …: "…"`), so an unexpected error is its type, its codes and its stack without the message.
 */
function describeError(error: unknown): Record<string, unknown> {
  // fastify's are of a class without the native mark; those of another realm are of no class that is known here.
  if (!(error instanceof Error || isNativeError(error))) return { type: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  const described = { type: error.name, code };
  if (error instanceof DatabaseError) {
    const { severity, constraint, table, column, routine } = error;
    const message = SAFE_CLASSES.some((prefix) => code?.startsWith(prefix)) ? error.message : undefined;
    return { ...described, message, severity, constraint, table, column, routine };
  }
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { ...described, message: isSafe(error) ? error.message : undefined, stack: frames(error), cause };
}

/** Marks errors of this service: their messages are written to be shown. */
export interface Presentable {
  readonly presentable: true;
}

function isSafe(error: Error): boolean {
  const { syscall, presentable } = error as NodeJS.ErrnoException & Partial<Presentable>;
  return presentable === true || syscall !== undefined;
}

const frames = ({ stack }: Error) =>
  stack
    ?.split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
