import type { Node, SelectStmt, VariableSetStmt } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { all, as, walk } from "../sql/tree";
import type { Schema } from "./schema";

/** Applies a statement's change of the search_path, if there is one. */
export function followSearchPath(node: ParseNode, schema: Schema): void {
  const { VariableSetStmt: set, SelectStmt: select } = node;
  if (set) setVariable(set as VariableSetStmt, schema);
  if (select) setConfig(select as SelectStmt, schema);
}

/** SET, SET LOCAL and RESET of the search_path and the time zone. */
export function setVariable({ kind, name, args }: VariableSetStmt, schema: Schema): void {
  if (kind === "VAR_RESET_ALL") {
    schema.searchPath = schema.startPath;
    schema.timeZone = schema.startTimeZone;
  }
  if (name === "timezone" && kind !== "VAR_SET_CURRENT")
    schema.timeZone = kind === "VAR_SET_VALUE" ? args?.map(constant)[0] : schema.startTimeZone;
  if (name !== "search_path" || kind === "VAR_SET_CURRENT") return;
  schema.searchPath = kind === "VAR_SET_VALUE" ? resolved(args?.map(constant), schema) : schema.startPath;
}

/** `select set_config('search_path', …)`. A computed or conditional value makes the path unknown. */
export function setConfig(statement: SelectStmt, schema: Schema): void {
  const sure = new Set(statement.fromClause || statement.whereClause ? [] : columns(statement));
  walk(statement, (kind, body) => {
    if (kind !== "FuncCall" || all("String", body.funcname as Node[]).at(-1)?.sval !== "set_config") return;
    const [name, value] = ((body.args as Node[] | undefined) ?? []).map(constant);
    if (name !== undefined && name.toLowerCase() !== "search_path") return;
    const known = name !== undefined && value !== undefined && sure.has(body);
    schema.searchPath = known ? resolved(split(value), schema) : undefined;
  });
}

function columns({ targetList }: SelectStmt): unknown[] {
  return all("ResTarget", targetList).map(({ val }) => as("FuncCall", val));
}

function constant(node: Node): string | undefined {
  return as("A_Const", as("TypeCast", node)?.arg ?? node)?.sval?.sval;
}

/** Splits `a, "B"` as the server does. */
function split(value: string): string[] {
  const names = value.match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? [];
  return names.map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()));
}

/** An unknown `$user` counts as a schema that does not exist. */
function resolved(path: readonly (string | undefined)[] | undefined, { user }: Schema): string[] | undefined {
  const names = path?.map((name) => (name === "$user" ? (user ?? "") : name));
  return names?.every((name) => name !== undefined) ? names.filter((name) => name !== "") : undefined;
}
