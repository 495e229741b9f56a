import type { ColumnDef, Constraint, Node } from "libpg-query";
import { all, as, parts, typeOf, walk } from "../sql/tree";
import { STABLE_FUNCTIONS } from "./builtin-functions";
import type { Schema } from "./schema";

/** Finds the first function or operator of an expression that is volatile or may be. */
export function volatilePart(expression: unknown, schema: Schema, within: readonly string[] = []): string | undefined {
  let found: string | undefined;
  walk(expression, (kind, body) => {
    if (kind === "FuncCall") {
      const name = all("String", body.funcname as Node[]).at(-1)?.sval ?? "";
      const inlined = schema.inlined(name);
      if (
        isVolatile(name, schema) &&
        !(inlined && within.length < 9 && !volatilePart(inlined, schema, [...within, name]))
      )
        found ??= `${name}()`;
    } else if (kind === "A_Expr") {
      const name = all("String", body.name as Node[]).at(-1)?.sval ?? "";
      if (schema.operatorVolatility(name) === "volatile") found ??= `the operator ${name}`;
    }
  });
  return found;
}

export function isVolatile(name: string, schema: Schema): boolean {
  const known = schema.volatility(name);
  if (known) return known === "volatile";
  // CREATE FUNCTION's own default, so an unknown function counts as volatile.
  return !(STABLE_FUNCTIONS as readonly string[]).includes(name);
}

/** A column's default, wherever the definition has it. */
export function defaultOf(column: ColumnDef): Node | undefined {
  return column.raw_default ?? constraintOf(column, "CONSTR_DEFAULT")?.raw_expr;
}

export function constraintOf(column: ColumnDef, type: Constraint["contype"]): Constraint | undefined {
  return all("Constraint", column.constraints).find(({ contype }) => contype === type);
}

const SERIAL = /^(small|big)?serial[248]?$/;

export function isSerial(column: ColumnDef): boolean {
  return SERIAL.test(typeOf(column.typeName).type);
}

/** The stored type behind `serial` and the like. */
export function storedType(type: string): string {
  return (
    (
      {
        smallserial: "int2",
        serial2: "int2",
        serial: "int4",
        serial4: "int4",
        bigserial: "int8",
        serial8: "int8",
      } as Record<string, string>
    )[type] ?? type
  );
}

/** Columns that cannot be null if the expression is true: `a is not null`, also joined by AND. */
export function provesNotNull(expression: Node | undefined): string[] {
  const test = as("NullTest", expression);
  if (test?.nulltesttype === "IS_NOT_NULL") return columnName(test.arg);
  const conjunction = as("BoolExpr", expression);
  return conjunction?.boolop === "AND_EXPR" ? (conjunction.args ?? []).flatMap(provesNotNull) : [];
}

/** The name of a plain column. */
export function columnName(node: Node | undefined): string[] {
  const name = all("String", as("ColumnRef", node)?.fields).at(-1)?.sval;
  return name === undefined ? [] : [name];
}

/** Every column that an expression names. */
export function columnsOf(expression: Node | undefined): string[] {
  const found = new Set<string>();
  walk(expression, (kind, body) => {
    if (kind !== "ColumnRef") return;
    for (const name of columnName({ ColumnRef: body } as Node)) found.add(name);
  });
  return [...found];
}

/** Names in a list, such as a constraint's columns. */
export function namesIn(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap(parts);
}
