import { isIP } from "node:net";
import { FormatRegistry, type TObject, type TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { ValueErrorType } from "@sinclair/typebox/errors";
import type { FastifySchemaCompiler } from "fastify";
import { decodeCursor } from "./cursor";

/** Enough to correct a form; a hostile body cannot make the answer long. */
const MAX_ERRORS = 50;

/** Properties of ajv's errors that fastify's type demands. */
const NO_AJV = { keyword: "", schemaPath: "", params: {} };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** RFC 3339 without its leap second, which PostgreSQL counts as the next minute. */
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/i;

interface Format {
  readonly check: (value: string) => boolean;
  /** Completes "this field …". */
  readonly message: string;
}

const FORMATS: Readonly<Record<string, Format>> = {
  uuid: { check: (value) => UUID.test(value), message: "must be a UUID" },
  "date-time": {
    check: (value) => isDate(DATE_TIME.exec(value)?.[1]),
    message: "must be a date and a time with a zone, as RFC 3339 has them",
  },
  ip: {
    // An IPv6 zone has a meaning on one machine only, and PostgreSQL's inet refuses it.
    check: (value) => isIP(value) !== 0 && !value.includes("%"),
    message: "must be an IPv4 or IPv6 address without a zone",
  },
  cursor: {
    check: (value) => decodeCursor(value) !== undefined,
    message: "is not a next_cursor of this API; leave it out for the first page",
  },
};

/** Whether the calendar has the day. */
function isDate(day: string | undefined): boolean {
  if (day === undefined || day.startsWith("0000")) return false;
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}

/** Registers the schemas' formats with TypeBox, whose registry is global. Safe to repeat. */
export function registerFormats(): void {
  for (const [name, { check }] of Object.entries(FORMATS)) FormatRegistry.Set(name, check);
}

/**
 * Checks requests against their schemas as they are: drops, adds and converts nothing. Only integers and lists in paths and
 * queries are converted, because there they can only be text, and one that comes once looks like no list.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checker = TypeCompiler.Compile(schema);
  return (input: unknown) => {
    const value = httpPart === "body" ? input : readTexts(schema as TObject, input as Record<string, unknown>);
    if (checker.Check(value)) return { value };
    const messages = new Map<string, string>();
    for (const { path, message, type, schema } of checker.Errors(value)) {
      const text = (type === ValueErrorType.StringFormat && FORMATS[schema.format]?.message) || message;
      // The first message on a field says most: "required" comes before "expected number".
      if (!messages.has(path)) messages.set(path, text);
      if (messages.size >= MAX_ERRORS) break;
    }
    return { error: [...messages].map(([instancePath, message]) => ({ ...NO_AJV, instancePath, message })) };
  };
};

function readTexts(schema: TObject, input: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(input).map(([key, value]) => [key, readText(schema.properties[key]?.type, value)]);
  return Object.fromEntries(entries);
}

function readText(type: unknown, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (type === "array") return [value];
  const isInteger = type === "integer" && /^-?\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value));
  return isInteger ? Number(value) : value;
}
