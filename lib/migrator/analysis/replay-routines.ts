import type { Node } from "libpg-query";
import { type ParseNode, parse } from "../sql/parser";
import { all, as, type Body, parts, typeOf } from "../sql/tree";
import { isVolatile } from "./expressions";
import type { Schema, Volatility } from "./schema";

/** A domain over another one has its default and its constraints too. */
export function createDomain({ domainname, typeName, constraints }: Body<"CreateDomainStmt">, schema: Schema): void {
  const base = schema.domain(typeOf(typeName).type);
  const own = all("Constraint", constraints);
  schema.putDomain(all("String", domainname).at(-1)?.sval ?? "", {
    constrained: base?.constrained || own.some(({ contype }) => /^CONSTR_(CHECK|NOTNULL)$/.test(contype ?? "")),
    value: own.find(({ contype }) => contype === "CONSTR_DEFAULT")?.raw_expr ?? base?.value,
  });
}

export function createOperator({ kind, defnames, definition }: Body<"DefineStmt">, schema: Schema): void {
  if (kind !== "OBJECT_OPERATOR") return;
  const { arg } = all("DefElem", definition).find(({ defname }) => /^(function|procedure)$/.test(defname ?? "")) ?? {};
  const volatile = isVolatile(parts(arg).at(-1) ?? "", schema);
  schema.putOperator(all("String", defnames).at(-1)?.sval ?? "", volatile ? "volatile" : "stable");
}

export function createFunction(statement: Body<"CreateFunctionStmt">, schema: Schema, body?: unknown): void {
  const { funcname, options, replace, parameters } = statement;
  const name = all("String", funcname).at(-1)?.sval ?? "";
  const option = all("DefElem", options).find(({ defname }) => defname === "volatility");
  const volatility = as("String", option?.arg)?.sval ?? "volatile";
  // With parameters it may be another overload.
  if (replace && !parameters?.length) schema.removeFunction(name);
  schema.putFunction(name, volatility as Volatility, true, body);
}

/** Options that keep the planner from looking into a function. */
const OPAQUE = ["security", "strict", "set"];

/** The text of a function's body in SQL; undefined if the planner leaves its calls alone. */
function textToInline({ options, returnType }: Body<"CreateFunctionStmt">): string | undefined {
  const given = new Map(all("DefElem", options).map(({ defname = "", arg }) => [defname, arg]));
  if (parts(given.get("language"))[0] !== "sql" || returnType?.setof) return undefined;
  if (OPAQUE.some((option) => given.has(option))) return undefined;
  return parts(given.get("as"))[0];
}

/** The expression that the planner will put in the place of calls of a new function. */
export async function bodyToInline(node: ParseNode): Promise<unknown> {
  const made = as("CreateFunctionStmt", node as Node);
  const text = made && textToInline(made);
  return text === undefined ? made && expressionOf(made.sql_body as ParseNode) : await inlinedBody(text);
}

/** Reads the body of a function in SQL: one SELECT of one expression, and nothing else (`inline_function` in clauses.c). */
export async function inlinedBody(text: string): Promise<unknown> {
  const statements = await parse(/^\s*return\b/i.test(text) ? text.replace(/^\s*return\b/i, "select") : text).catch(
    () => [],
  );
  return statements.length === 1 ? expressionOf(statements[0]?.node) : undefined;
}

/** The expression of `select …` or `return …` without anything else. */
function expressionOf(node: ParseNode | undefined): unknown {
  const select = as("SelectStmt", node as Node | undefined);
  const value = as("ReturnStmt", node as Node | undefined)?.returnval;
  if (value) return value;
  const { targetList, limitOption: _, op, ...rest } = select ?? {};
  const [only, ...others] = all("ResTarget", targetList);
  const plain = op === "SETOP_NONE" && others.length === 0 && Object.keys(rest).length === 0;
  return plain && !/"SubLink"/.test(JSON.stringify(only)) ? only?.val : undefined;
}
