import type { Node, PartitionBoundSpec } from "libpg-query";
import { all, as } from "../sql/tree";
import { columnName } from "./expressions";
import { apart, both, contains, type Interval, type Value } from "./intervals";
import type { Relation } from "./relation";
import type { Schema } from "./schema";
import { isUtc } from "./types";

/**
 * Whether CHECK constraints and NOT NULL show that all rows of a table lie within a partition's bounds, so that ATTACH
 * reads none (PartConstraintImpliedByRelConstraint). Understands one key column and constants.
 */
export function isWithin(table: string, parent: Relation, bound: PartitionBoundSpec | undefined, schema: Schema) {
  const key = keyOf(table, parent, bound, schema);
  if (!key?.notNull) return false;
  const bounds = boundsOf(bound, key);
  return bounds !== undefined && key.held.every((held) => bounds.some((each) => contains(each, held)));
}

/** Whether they show that the default partition has none of the new partition's rows. */
export function isOutside(table: string, parent: Relation, bound: PartitionBoundSpec | undefined, schema: Schema) {
  const key = keyOf(table, parent, bound, schema);
  const bounds = key && boundsOf(bound, key);
  return bounds ? key.held.every((held) => bounds.every((each) => apart(each, held))) : false;
}

interface Key {
  readonly name: string;
  readonly constant: (node: Node | undefined) => Value | undefined;
  readonly notNull: boolean;
  /** Where the table's values lie. */
  readonly held: readonly Interval[];
}

const EVERYWHERE: readonly Interval[] = [{}];

function keyOf(
  table: string,
  parent: Relation,
  bound: PartitionBoundSpec | undefined,
  schema: Schema,
): Key | undefined {
  const [name, ...others] = parent.partitionKey ?? [];
  const relation = schema.get(table);
  if (name === undefined || others.length > 0 || !relation || !bound || bound.is_default) return undefined;
  const column = relation.columns.get(name);
  // Texts that differ may be equal under a collation of the column's own.
  const type = column?.collation === undefined ? (column?.type ?? "") : "";
  const constant = (node: Node | undefined) => (type === "" ? undefined : toValue(node, type, schema.timeZone));
  const checks = [...relation.constraints.values()].filter(({ kind, valid }) => kind === "check" && valid);
  const held = checks.reduce(
    (so, { expression }) => both(so, valuesOf(expression as Node | undefined, name, constant)),
    EVERYWHERE,
  );
  const notNull = column?.notNull === true || checks.some(({ provesNotNull }) => provesNotNull.includes(name));
  return { name, constant, notNull, held };
}

function boundsOf(bound: PartitionBoundSpec | undefined, { constant }: Key): readonly Interval[] | undefined {
  const { strategy, lowerdatums, upperdatums, listdatums } = bound ?? {};
  if (strategy === "r") {
    const [from, to] = [end(lowerdatums?.[0], "minvalue", constant), end(upperdatums?.[0], "maxvalue", constant)];
    return from && to ? [{ ...from.from, ...to.to }] : undefined;
  }
  const values = (listdatums ?? []).map(constant);
  return strategy === "l" && values.every((value) => value !== undefined)
    ? values.map((value) => ({ from: value, to: value }))
    : undefined;
}

function end(node: Node | undefined, open: string, constant: Key["constant"]) {
  if (columnName(node)[0] === open) return { from: {}, to: {} };
  const value = constant(node);
  return value === undefined ? undefined : { from: { from: value }, to: { to: value, below: true } };
}

/** Values of the column for which an expression can be true; everywhere if it says nothing that is understood. */
function valuesOf(expression: Node | undefined, column: string, constant: Key["constant"]): readonly Interval[] {
  const { boolop, args = [] } = as("BoolExpr", expression) ?? {};
  const parts = args.map((each) => valuesOf(each, column, constant));
  if (boolop === "AND_EXPR") return parts.reduce(both, EVERYWHERE);
  if (boolop === "OR_EXPR") return parts.flat();
  const comparison = as("A_Expr", expression);
  if (!comparison) return EVERYWHERE;
  const { kind, lexpr, rexpr } = comparison;
  const operator = all("String", comparison.name).at(-1)?.sval ?? "";
  const isColumn = (node: Node | undefined) => columnName(as("TypeCast", node)?.arg ?? node)[0] === column;
  const values = (
    as("List", rexpr)?.items ??
    as("A_ArrayExpr", as("TypeCast", rexpr)?.arg ?? rexpr)?.elements ??
    []
  ).map(constant);
  const known = values.every((value) => value !== undefined) && values.length > 0;
  if (kind === "AEXPR_OP" && isColumn(lexpr)) return compared(operator, constant(rexpr));
  if (kind === "AEXPR_OP" && isColumn(rexpr)) return compared(MIRRORED[operator] ?? operator, constant(lexpr));
  if (!known || !isColumn(lexpr)) return EVERYWHERE;
  if (kind === "AEXPR_BETWEEN") return [{ from: values[0] as Value, to: values[1] as Value }];
  const isOneOf = operator === "=" && (kind === "AEXPR_IN" || kind === "AEXPR_OP_ANY");
  return isOneOf ? values.map((value) => ({ from: value as Value, to: value as Value })) : EVERYWHERE;
}

const MIRRORED: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function compared(operator: string, value: Value | undefined): readonly Interval[] {
  if (value === undefined) return EVERYWHERE;
  if (operator === "=") return [{ from: value, to: value }];
  if (operator === "<" || operator === "<=") return [{ to: value, below: operator === "<" }];
  if (operator === ">" || operator === ">=") return [{ from: value, above: operator === ">" }];
  return EVERYWHERE;
}

const NUMBERS = /^(int[248]|numeric|float[48]|oid)$/;
const DAY = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?([+-]\d\d(?::\d\d)?|Z)?$/;

function toValue(node: Node | undefined, type: string, timeZone: string | undefined): Value | undefined {
  const { ival, fval, sval, boolval, isnull } = as("A_Const", as("TypeCast", node)?.arg ?? node) ?? { isnull: true };
  if (isnull) return undefined;
  if (ival) return ival.ival ?? 0;
  if (boolval) return String(boolval.boolval ?? false);
  const text = fval?.fval ?? sval?.sval ?? "";
  if (NUMBERS.test(type)) return Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER ? Number(text) : undefined;
  return /^(date|timestamp|timestamptz)$/.test(type) ? instantOf(text, type, timeZone) : text;
}

/** Milliseconds; undefined for finer fractions, and where a zone that is not known decides. */
function instantOf(text: string, type: string, timeZone: string | undefined): number | undefined {
  const [matched, day, time, offset] = DAY.exec(text) ?? [];
  if (matched === undefined || (type === "date" && (time ?? offset) !== undefined)) return undefined;
  // Without a known zone, only texts without an offset can be compared with one another.
  const zoned = type === "timestamptz" && !isUtc(timeZone);
  if (zoned && (offset === undefined) !== (timeZone === undefined)) return undefined;
  const zone = type === "timestamptz" ? (offset ?? "Z").replace(/^([+-]\d\d)$/, "$1:00") : "Z";
  const found = Date.parse(`${day}T${time ?? "00:00"}${zone}`);
  return Number.isNaN(found) ? undefined : found;
}
