import type { AlterTableStmt, DropStmt, RangeVar } from "libpg-query";
import { Schema } from "../analysis/schema";
import { followSearchPath } from "../analysis/search-path";
import { quoted } from "../base/quoted";
import { type ParseNode, parse } from "../sql/parser";
import { placesIn } from "../sql/position";
import { scan } from "../sql/scanner";
import { all, as, type Body, type Kind, nameOf, option, parts, walk } from "../sql/tree";

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
  const placeOf = placesIn(text);
  // Only the server knows the meaning of `$user`.
  const schema = new Schema([], "$user");
  return (await parse(text)).flatMap(({ start, end, node }) => {
    const { line } = placeOf(start + (scan(text.slice(start, end)).statements[0]?.start ?? 0));
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
  if (!runs(node)) return [];
  const found: Found[] = [];
  walk(node, (kind, body) => {
    const handler = HANDLERS[kind as Kind] as ((body: unknown) => Found[]) | undefined;
    found.push(...(handler?.(body) ?? []));
    if (kind === "FuncCall" && as("SelectStmt", node)) found.push(...called(body as Body<"FuncCall">));
  });
  return found;
}

/** Whether the queries inside a statement run with it: EXPLAIN only plans, and others keep them for later. */
function runs(node: ParseNode): boolean {
  const explain = as("ExplainStmt", node);
  if (explain) return option(explain.options, "analyze") === true;
  return !as("PrepareStmt", node) && !as("CreateFunctionStmt", node) && !as("RuleStmt", node);
}

const HANDLERS: { readonly [K in Kind]?: (body: Body<K>) => Found[] } = {
  DropStmt: dropped,
  DropOwnedStmt: () => [unknown("DROP OWNED")],
  AlterTableStmt: altered,
  TruncateStmt: ({ relations }) => all("RangeVar", relations).map((relation) => rows(relation, "TRUNCATE")),
  DeleteStmt: ({ relation }) => [rows(relation, "DELETE")],
  UpdateStmt: ({ relation }) => [rows(relation, "UPDATE")],
  MergeStmt: ({ relation, mergeWhenClauses }) =>
    all("MergeWhenClause", mergeWhenClauses).some(({ commandType }) => OVERWRITES.has(commandType ?? ""))
      ? [rows(relation, "MERGE")]
      : [],
  InsertStmt: ({ relation, onConflictClause }) =>
    onConflictClause?.action === "ONCONFLICT_UPDATE" ? [rows(relation, "INSERT … ON CONFLICT DO UPDATE")] : [],
  DoStmt: () => [unknown("a DO block")],
  CallStmt: () => [unknown("a procedure")],
  ExecuteStmt: () => [unknown("a prepared statement")],
};

const OVERWRITES: ReadonlySet<string> = new Set(["CMD_DELETE", "CMD_UPDATE"]);

function unknown(note: string, routine?: string): Found {
  return { kind: "unknown", relation: "", note, ...(routine !== undefined && { routine }) };
}

function called({ funcname }: Body<"FuncCall">): Found[] {
  const routine = all("String", funcname).at(-1)?.sval ?? "";
  return [unknown(`the function ${routine}()`, routine)];
}

/** Current search_path: empty if computed, undefined if never set. */
function searchPathOf({ searchPath, startPath }: Schema): string | undefined {
  return searchPath === startPath ? undefined : (searchPath ?? []).map(quoted).join(", ");
}

function dropped({ objects, removeType, behavior }: DropStmt): Found[] {
  const kind = { OBJECT_TABLE: "table", OBJECT_FOREIGN_TABLE: "table", OBJECT_SCHEMA: "schema" }[String(removeType)];
  const cascades = behavior === "DROP_CASCADE";
  if (kind !== "table" && kind !== "schema") {
    const what = String(removeType).replace("OBJECT_", "").replaceAll("_", " ");
    // An extension's own tables go with it.
    return cascades || what === "EXTENSION" ? [unknown(`DROP ${what}${cascades ? " … CASCADE" : ""}`)] : [];
  }
  const note = cascades ? { note: "CASCADE: and whatever depends on it" } : {};
  return (objects ?? []).map((object) => ({ kind, relation: parts(object).map(quoted).join("."), ...note }));
}

function altered({ relation, cmds }: AlterTableStmt): Found[] {
  return all("AlterTableCmd", cmds).flatMap(({ subtype, name = "" }): Found[] => {
    if (subtype === "AT_DropColumn") return [{ kind: "column", relation: relationName(relation), column: name }];
    if (subtype === "AT_AlterColumnType") return [rows(relation, `the values of ${quoted(name)} become another type`)];
    return [];
  });
}

function rows(relation: RangeVar | undefined, note: string): Found {
  return { kind: "rows", relation: relationName(relation), note };
}

function relationName(range: RangeVar | undefined): string {
  const { schema, name } = nameOf(range);
  return [...(schema === undefined ? [] : [schema]), name].map(quoted).join(".");
}
