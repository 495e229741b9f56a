import type { Client, QueryResult } from "pg";
import { OTHERS } from "./others";
import { RELATIONS } from "./relations";

/** Something that a migration can make, in words that are the same in every database that has the same. */
export interface CatalogueEntry {
  /** `table`, `column`, `constraint`, `index`, `function` … */
  readonly kind: string;
  /** The table, view, type or domain that it belongs to. */
  readonly parent: string | null;
  /** As a person writes it: without the schema where that is public, quoted where it has to be. */
  readonly name: string;
  /** What it is; empty where the name says all. */
  readonly definition: string;
  readonly comment: string | null;
  /** Of a column in its table, as it was made; 0 for everything else. Not compared. */
  readonly position: number;
}

/** All that names, expressions and constants are printed by, which ALTER DATABASE and ALTER ROLE may set to anything. */
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

/** One snapshot, whatever runs beside it, in which two databases print alike. */
const BEGIN = [
  "begin isolation level repeatable read read only",
  ...Object.entries(PRINTING).map(([name, value]) => `set local ${name} = ${value}`),
].join("; ");
const ENTRIES = [...RELATIONS, ...OTHERS].join("\n  union all");

/**
 * Everything in a database that migrations make: not its rows, not owners and privileges (which bootstrap converges), not the
 * order of columns (which a column that was dropped and made again cannot have back), not the migrator's own record and
 * what extensions bring. In one round trip, in a stable order.
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

/** By the table that they belong to, then in the order in which a person describes a table. */
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

/** Members stand with their tables, whatever kind of table that is, or with their type or domain. */
function group({ kind, parent }: CatalogueEntry): string {
  return OWNERS[kind] ?? (parent !== null || /table|view/.test(kind) ? "table" : kind);
}

/** Whether it is what another entry's `parent` names. A schema or publication may have a table's name. */
export function hasMembers({ kind }: CatalogueEntry): boolean {
  return /table|view|^type$|^domain$/.test(kind);
}

/** By code units: the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `column users.nick`, `function f(integer)`. */
export function titleOf({ kind, parent, name }: CatalogueEntry): string {
  return `${kind} ${parent === null || /index$/.test(kind) ? "" : `${parent}.`}${name}`;
}
