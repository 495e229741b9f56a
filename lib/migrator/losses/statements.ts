import { type ParseNode, parse } from "../sql/parser";
import { positionAt } from "../sql/position";

/** What a statement takes away, as far as its text tells. */
export interface Removal {
  /** `rows` are deleted or overwritten; `unknown` is what a DO block or a function does. */
  readonly kind: "table" | "column" | "schema" | "rows" | "unknown";
  /** As an SQL name, each part quoted where it has to be; empty for `unknown`. */
  readonly relation: string;
  readonly column?: string;
  /** What does it, e.g. `DELETE`, and what it may do beyond. */
  readonly note?: string;
  /** Line of the statement in its file, from 1. */
  readonly line: number;
}

/** Reads a down file for what is lost when it runs. @throws ParseError */
export async function removals(text: string): Promise<Removal[]> {
  const statements = await parse(text);
  return statements.flatMap(({ start, node }) => {
    const offset = start + (/^(\s|--[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(start))?.[0].length ?? 0);
    const { line } = positionAt(text, offset);
    return ofStatement(node).map((removal) => ({ ...removal, line }));
  });
}

type Found = Omit<Removal, "line">;

function ofStatement(node: ParseNode): Found[] {
  const [[kind, value] = ["", {}]] = Object.entries(node);
  return HANDLERS[kind]?.(value as ParseNode) ?? [];
}

const HANDLERS: Readonly<Record<string, (statement: ParseNode) => Found[]>> = {
  DropStmt: dropped,
  AlterTableStmt: altered,
  TruncateStmt: ({ relations }) => list(relations).map((item) => rows(item.RangeVar, "TRUNCATE")),
  DeleteStmt: ({ relation }) => [rows(relation, "DELETE")],
  UpdateStmt: ({ relation }) => [rows(relation, "UPDATE")],
  DoStmt: () => [{ kind: "unknown", relation: "", note: "a DO block" }],
  CallStmt: () => [{ kind: "unknown", relation: "", note: "a procedure" }],
};

function dropped({ objects, removeType, behavior }: ParseNode): Found[] {
  const kind = { OBJECT_TABLE: "table", OBJECT_FOREIGN_TABLE: "table", OBJECT_SCHEMA: "schema" }[String(removeType)];
  if (kind !== "table" && kind !== "schema") return [];
  const note = behavior === "DROP_CASCADE" ? { note: "CASCADE: and whatever depends on it" } : {};
  return list(objects).map((object) => ({ kind, relation: nameOf(object), ...note }));
}

function altered({ relation, cmds }: ParseNode): Found[] {
  return list(cmds).flatMap(({ AlterTableCmd: command }): Found[] => {
    const { subtype, name } = (command ?? {}) as ParseNode;
    if (subtype === "AT_DropColumn")
      return [{ kind: "column", relation: relationName(relation), column: String(name) }];
    if (subtype === "AT_AlterColumnType")
      return [rows(relation, `the values of ${quoted(String(name))} become another type`)];
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
  return items.map((item) => quoted(String((item.String as ParseNode | undefined)?.sval ?? ""))).join(".");
}

function relationName(relation: unknown): string {
  const { schemaname, relname } = (relation ?? {}) as ParseNode;
  return [schemaname, relname].flatMap((part) => (typeof part === "string" ? [quoted(part)] : [])).join(".");
}

/** An identifier as SQL needs it. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
