import { Schema } from "../analysis/schema";
import { followSearchPath } from "../analysis/search-path";
import { walk } from "../analysis/tree";
import { type ParseNode, parse } from "../sql/parser";
import { positionAt } from "../sql/position";

/** A statement's removal, as far as its text tells. */
export interface Removal {
  /** `rows`: deleted or overwritten. `unknown`: the effect of a DO block, a function or a cascade. */
  readonly kind: "table" | "column" | "schema" | "rows" | "unknown";
  /** An SQL name, quoted if needed; empty for `unknown`. */
  readonly relation: string;
  readonly column?: string;
  /** The cause, e.g. `DELETE`, and its possible side effects. */
  readonly note?: string;
  /** For `unknown`, the called function. The server's own functions remove nothing. */
  readonly routine?: string;
  /** search_path as the file has set it; empty if computed, absent if it is the session's. */
  readonly searchPath?: string;
  /** Line of the statement in its file, from 1. */
  readonly line: number;
}

/** Finds what a down file removes. @throws ParseError */
export async function removals(text: string): Promise<Removal[]> {
  const statements = await parse(text);
  // Only the server knows the meaning of `$user`.
  const schema = new Schema([], "$user");
  return statements.flatMap(({ start, node }) => {
    const offset = start + (/^(\s|--[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(start))?.[0].length ?? 0);
    const { line } = positionAt(text, offset);
    const searchPath = searchPathOf(schema);
    followSearchPath(node, schema);
    return ofStatement(node).map((removal) => ({
      ...removal,
      line,
      ...(searchPath !== undefined && { searchPath }),
    }));
  });
}

type Found = Omit<Removal, "line" | "searchPath">;

/** Includes statements inside WITH, which remove as much as others. */
function ofStatement(node: ParseNode): Found[] {
  const found: Found[] = [];
  walk(node, (kind, body) => {
    found.push(...(HANDLERS[kind]?.(body) ?? []));
    if (kind === "FuncCall" && "SelectStmt" in node) found.push(...called(body));
  });
  return found;
}

const HANDLERS: Readonly<Record<string, (statement: ParseNode) => Found[]>> = {
  DropStmt: dropped,
  DropOwnedStmt: () => [unknown("DROP OWNED")],
  AlterTableStmt: altered,
  TruncateStmt: ({ relations }) => list(relations).map((item) => rows(item.RangeVar, "TRUNCATE")),
  DeleteStmt: ({ relation }) => [rows(relation, "DELETE")],
  UpdateStmt: ({ relation }) => [rows(relation, "UPDATE")],
  MergeStmt: ({ relation, mergeWhenClauses }) =>
    JSON.stringify(mergeWhenClauses).match(/CMD_(DELETE|UPDATE)/) ? [rows(relation, "MERGE")] : [],
  InsertStmt: ({ relation, onConflictClause }) =>
    (onConflictClause as ParseNode | undefined)?.action === "ONCONFLICT_UPDATE"
      ? [rows(relation, "INSERT … ON CONFLICT DO UPDATE")]
      : [],
  DoStmt: () => [unknown("a DO block")],
  CallStmt: () => [unknown("a procedure")],
  ExecuteStmt: () => [unknown("a prepared statement")],
};

function unknown(note: string, routine?: string): Found {
  return { kind: "unknown", relation: "", note, ...(routine !== undefined && { routine }) };
}

function called({ funcname }: ParseNode): Found[] {
  const routine = list(funcname).map(textOf).at(-1) ?? "";
  return [unknown(`the function ${routine}()`, routine)];
}

/** Current search_path: empty if computed, undefined if never set. */
function searchPathOf({ searchPath, startPath }: Schema): string | undefined {
  return searchPath === startPath ? undefined : (searchPath ?? []).map(quoteIdentifier).join(", ");
}

function dropped({ objects, removeType, behavior }: ParseNode): Found[] {
  const kind = { OBJECT_TABLE: "table", OBJECT_FOREIGN_TABLE: "table", OBJECT_SCHEMA: "schema" }[String(removeType)];
  const cascades = behavior === "DROP_CASCADE";
  if (kind !== "table" && kind !== "schema") {
    const what = String(removeType).replace("OBJECT_", "").replaceAll("_", " ");
    // An extension's own tables go with it.
    return cascades || what === "EXTENSION" ? [unknown(`DROP ${what}${cascades ? " … CASCADE" : ""}`)] : [];
  }
  const note = cascades ? { note: "CASCADE: and whatever depends on it" } : {};
  return list(objects).map((object) => ({ kind, relation: nameOf(object), ...note }));
}

function altered({ relation, cmds }: ParseNode): Found[] {
  return list(cmds).flatMap(({ AlterTableCmd: command }): Found[] => {
    const { subtype, name } = (command ?? {}) as ParseNode;
    if (subtype === "AT_DropColumn")
      return [{ kind: "column", relation: relationName(relation), column: String(name) }];
    if (subtype === "AT_AlterColumnType")
      return [rows(relation, `the values of ${quoteIdentifier(String(name))} become another type`)];
    return [];
  });
}

function rows(relation: unknown, note: string): Found {
  return { kind: "rows", relation: relationName(relation), note };
}

function list(value: unknown): ParseNode[] {
  return (value as ParseNode[] | undefined) ?? [];
}

/** A schema is one string, a table a list. */
function nameOf(object: ParseNode): string {
  const items = "List" in object ? list((object.List as ParseNode).items) : [object];
  return items.map(textOf).map(quoteIdentifier).join(".");
}

function textOf(node: ParseNode): string {
  return String((node.String as ParseNode | undefined)?.sval ?? "");
}

function relationName(relation: unknown): string {
  const { schemaname, relname } = (relation ?? {}) as ParseNode;
  return [schemaname, relname].flatMap((part) => (typeof part === "string" ? [quoteIdentifier(part)] : [])).join(".");
}

/** Quotes an identifier if SQL needs that. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
