import type { Client, QueryResult } from "pg";
import { OTHERS } from "./others";
import { RELATIONS } from "./relations";

/** Something that a migration can make, in words that are equal for equal things in any database. */
export interface CatalogueEntry {
  /** `table`, `column`, `constraint`, `index`, `function` … */
  readonly kind: string;
  /** The table, view, type or domain that it is part of. */
  readonly parent: string | null;
  /** Unqualified in public, quoted if needed. */
  readonly name: string;
  /** Its definition; empty if the name says everything. */
  readonly definition: string;
  readonly comment: string | null;
  /** Number of a column in its table; 0 for everything else. Not compared. */
  readonly position: number;
}

/**
 * Settings that change how names, expressions and constants print. ALTER DATABASE and ALTER ROLE may set any of them.
 */
const PRINTING = {
  search_path: "public",
  quote_all_identifiers: "off",
  timezone: "'UTC'",
  datestyle: "iso, mdy",
  intervalstyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  lc_monetary: "'C'",
};

/** One snapshot, with settings under which all databases print alike. */
const BEGIN = [
  "begin isolation level repeatable read read only",
  ...Object.entries(PRINTING).map(([name, value]) => `set local ${name} = ${value}`),
].join("; ");
const ENTRIES = [...RELATIONS, ...OTHERS].join("\n  union all");

/**
 * Reads everything that migrations make, in one round trip and a stable order. Leaves out rows, owners and privileges,
 * the order of columns (a column dropped and made again cannot regain its place), the migrator's own record, and
 * extensions' objects.
 */
export async function readCatalogue(client: Client): Promise<CatalogueEntry[]> {
  try {
    const results = (await client.query(`${BEGIN}; ${ENTRIES}; commit`)) as unknown as QueryResult<CatalogueEntry>[];
    return (results.find(({ command }) => command === "SELECT")?.rows ?? []).sort(inOrder);
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Sorts by table, then in the order in which a person describes a table. */
function inOrder(a: CatalogueEntry, b: CatalogueEntry): number {
  return (
    KINDS.indexOf(group(a)) - KINDS.indexOf(group(b)) ||
    compareText(a.parent ?? a.name, b.parent ?? b.name) ||
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    a.position - b.position ||
    compareText(a.name, b.name)
  );
}

const KINDS = [
  "schema extension collation type attribute domain".split(" "),
  ["domain constraint", "sequence", "table", "foreign table", "view", "materialized view"],
  "column constraint index".split(" "),
  ["comment on index"],
  "trigger policy rule function procedure aggregate operator cast statistics".split(" "),
  ["text search dictionary", "text search configuration", "event trigger", "publication"],
].flat();

const OWNERS: Readonly<Record<string, string>> = { attribute: "type", "domain constraint": "domain" };

/** Parts sort with their table, type or domain. */
function group({ kind, parent }: CatalogueEntry): string {
  return OWNERS[kind] ?? (parent !== null || /table|view/.test(kind) ? "table" : kind);
}

/** Whether another entry's `parent` can mean it. A schema or publication may share a table's name. */
export function hasMembers({ kind }: CatalogueEntry): boolean {
  return /table|view|^type$|^domain$/.test(kind);
}

/** Compares code units, the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name as it is stored, of one in quotes or without. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** `column users.nick`, `function f(integer)`. */
export function titleOf({ kind, parent, name }: CatalogueEntry): string {
  return `${kind} ${parent === null || /index$/.test(kind) ? "" : `${parent}.`}${name}`;
}
