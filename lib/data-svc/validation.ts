import { isIP } from "node:net";
import { FormatRegistry, type TObject, type TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { FastifySchemaCompiler } from "fastify";

/** Enough to correct a form with; a hostile body cannot make the answer long. */
const MAX_ERRORS = 50;

/** Members that fastify's type asks for and only ajv has. */
const NO_AJV = { keyword: "", schemaPath: "", params: {} };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  uuid: (value) => UUID.test(value),
  // An IPv6 zone means something on one machine only, and PostgreSQL's inet refuses it.
  ip: (value) => isIP(value) !== 0 && !value.includes("%"),
};

/** Makes the schemas' formats known to TypeBox, whose registry is global. Doing it twice changes nothing. */
export function registerFormats(): void {
  for (const [name, check] of Object.entries(FORMATS)) FormatRegistry.Set(name, check);
}

/**
 * Checks requests against their schemas as they are: no field is dropped, filled in or converted. Only whole numbers in
 * paths and queries, which can be nothing but text there, are read as numbers where the schema asks for them.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checker = TypeCompiler.Compile(schema);
  return (input: unknown) => {
    const value = httpPart === "body" ? input : readIntegers(schema as TObject, input as Record<string, unknown>);
    if (checker.Check(value)) return { value };
    const messages = new Map<string, string>();
    for (const { path, message } of checker.Errors(value)) {
      // The first message on a field is the one that says most: "required" comes before "expected number".
      if (!messages.has(path)) messages.set(path, message);
      if (messages.size >= MAX_ERRORS) break;
    }
    return { error: [...messages].map(([instancePath, message]) => ({ ...NO_AJV, instancePath, message })) };
  };
};

function readIntegers(schema: TObject, input: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(input).map(([key, value]) => {
    const isInteger =
      schema.properties[key]?.type === "integer" && typeof value === "string" && /^-?\d{1,15}$/.test(value);
    return [key, isInteger ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}
