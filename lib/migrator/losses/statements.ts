import { Schema } from "../analysis/schema";
import { followSearchPath } from "../analysis/search-path";
import { walk } from "../analysis/tree";
import { type ParseNode, parse } from "../sql/parser";
import { positionAt } from "../sql/position";

/** What a statement takes away, as far as its text tells. */
export interface Removal {
  /** `rows` are deleted or overwritten; `unknown` is what a DO block, a function or a cascade does. */
  readonly kind: "table" | "column" | "schema" | "rows" | "unknown";
  /** As an SQL name, each part quoteIdentifier where it has to be; empty for `unknown`. */
  readonly relation: string;
  readonly column?: string;
  /** What does it, e.g. `DELETE`, and what it may do beyond. */
  readonly note?: string;
  /** Of `unknown`: the function that is called, which takes nothing where it is the server's own. */
  readonly routine?: string;
  /** What the file has set the search_path to before, empty where that is computed; absent where it is the session's. */
  readonly searchPath?: string;
  /** Line of the statement in its file, from 1. */
  readonly line: number;
}

/** Reads a down file for what is lost when it runs. @throws ParseError */
export async function removals(text: string): Promise<Removal[]> {
  const statements = await parse(text);
  // The server knows whom `$user` stands for.
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

/** A statement in another one's WITH takes as much as one by itself. */
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

/** What unqualified names mean now: empty where that is computed, undefined where nothing was said. */
function searchPathOf({ searchPath, startPath }: Schema): string | undefined {
  return searchPath === startPath ? undefined : (searchPath ?? []).map(quoteIdentifier).join(", ");
}

function dropped({ objects, removeType, behavior }: ParseNode): Found[] {
  const kind = { OBJECT_TABLE: "table", OBJECT_FOREIGN_TABLE: "table", OBJECT_SCHEMA: "schema" }[String(removeType)];
  const cascades = behavior === "DROP_CASCADE";
  if (kind !== "table" && kind !== "schema") {
    const what = String(removeType).replace("OBJECT_", "").replaceAll("_", " ");
    // An extension takes its own tables with it.
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

/** A schema is one string, a table a list of one or more. */
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

/** An identifier as SQL needs it. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
