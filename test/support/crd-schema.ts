import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** Folder of the operators' definitions, where it is beside the project. */
export const DEFINITIONS = path.resolve(__dirname, "../../../shared/crds");

/** The part of OpenAPI v3 that definitions of custom resources use. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

interface Definition {
  readonly spec: {
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** Reads the schema of a kind, e.g. `"postgresql.cnpg.io_clusters"` in version `v1`. */
export function schemaOf(file: string, version: string): Schema {
  const { spec } = parse(fs.readFileSync(path.join(DEFINITIONS, `${file}.yaml`), "utf8")) as Definition;
  const found = spec.versions.find(({ name }) => name === version);
  if (!found) throw new Error(`${file} has no version ${version}.`);
  return found.schema.openAPIV3Schema;
}

/** Lists all that an API server with this schema would refuse, or drop as an unknown field. */
export function faults(value: unknown, schema: Schema, at = ""): string[] {
  if (schema["x-kubernetes-int-or-string"]) {
    return typeof value === "string" || Number.isInteger(value) ? [] : [`${at} is neither a number nor a text`];
  }
  if (typeOf(value) !== schema.type && !(schema.type === "number" && typeOf(value) === "integer")) {
    return schema.type === undefined ? [] : [`${at} is of type ${typeOf(value)}, not ${schema.type}`];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => faults(item, schema.items ?? {}, `${at}[${index}]`));
  if (typeof value === "object" && value !== null) return objectFaults(value, schema, at);
  return scalarFaults(value, schema, at);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return value === null ? "null" : typeof value;
}

function objectFaults(value: object, schema: Schema, at: string): string[] {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const missing = required.filter((key) => !(key in value)).map((key) => `${at}.${key} is missing`);
  const inner = Object.entries(value).flatMap(([key, one]) => {
    // The API's own part of every object.
    if (at === "" && /^(?:apiVersion|kind|metadata)$/.test(key)) return [];
    const known = properties[key] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (known) return faults(one, known, `${at}.${key}`);
    return schema["x-kubernetes-preserve-unknown-fields"] ? [] : [`${at}.${key} is no field`];
  });
  return [...missing, ...inner];
}

function scalarFaults(value: unknown, { enum: known, pattern, minimum, maximum }: Schema, at: string): string[] {
  const problems: string[] = [];
  if (known && !known.includes(value)) problems.push(`${at} is ${value}, none of ${known.join(", ")}`);
  if (pattern !== undefined && !new RegExp(pattern).test(String(value)))
    problems.push(`${at} does not match ${pattern}`);
  if (minimum !== undefined && Number(value) < minimum) problems.push(`${at} is below ${minimum}`);
  if (maximum !== undefined && Number(value) > maximum) problems.push(`${at} is above ${maximum}`);
  return problems;
}
