import type { AlterTableStmt } from "libpg-query";
import type { Examined } from "../analysis/examine";
import type { Schema } from "../analysis/schema";
import type { ParseNode } from "../sql/parser";
import { all, nameOf, open } from "../sql/tree";
import { changedColumns } from "./alter-table";
import type { Question } from "./question";

/**
 * Changes of earlier pending statements. The database still is as it was before the first of them, so a question that
 * depends on a change has no answer yet.
 */
export class Earlier {
  readonly #rows = new Map<string, string>();
  readonly #columns = new Map<string, string>();
  readonly #made = new Set<string>();
  #everything: string | undefined;

  constructor(
    /** Tables with triggers, which may change any other. */
    private readonly triggers: Set<string>,
  ) {}

  /** Whether a table is made by an earlier statement and has no row. */
  isEmpty(relation: string): boolean {
    return this.#made.has(relation) && !this.#rows.has(relation) && this.#everything === undefined;
  }

  /** The place of the statement that a question has to wait for. */
  before(
    { relation, columns, others }: Pick<Question, "relation" | "columns" | "others">,
    schema: Schema,
  ): string | undefined {
    const tables = [relation, ...others].flatMap((each) => schema.tree(each));
    const found = tables.flatMap((table) => this.#rows.get(table) ?? this.#columns.get(`${table}\n*`) ?? []);
    const changed = columns.flatMap((column) => this.#columns.get(`${relation}\n${column}`) ?? []);
    return [...found, ...changed][0] ?? this.#everything;
  }

  /** Notes what a statement changes. */
  add(node: ParseNode, { effects, unknown, creates, breakages }: Examined, place: string, schema: Schema): void {
    const [kind, body] = open(node);
    if (unknown !== undefined && kind !== "AlterDomainStmt") this.#everything ??= place;
    if (kind === "CreateTrigStmt" || kind === "RuleStmt")
      for (const { relation } of effects) this.triggers.add(relation);
    // IF NOT EXISTS makes nothing where there is one.
    const makes = creates !== undefined && !schema.get(creates);
    if (makes && /^Create(Stmt|ForeignTableStmt)$/.test(kind)) this.#made.add(creates);
    if (kind === "CreateTableAsStmt" || kind === "SelectStmt") {
      if (creates !== undefined) this.#rows.set(creates, place);
    }
    const writes = /^(Insert|Update|Delete|Merge|Copy|Truncate|RefreshMatView|Select|CreateTableAs)Stmt$/.test(kind);
    for (const { relation, lock } of writes ? effects : [])
      if (lock === "ROW EXCLUSIVE" || kind === "TruncateStmt" || kind === "RefreshMatViewStmt")
        this.#write(relation, place, schema);
    for (const { relation } of breakages) if (kind === "TruncateStmt") this.#write(relation, place, schema);
    if (kind === "AlterTableStmt") this.#alter(body as AlterTableStmt, place, schema);
    else if (/^(Drop|Rename|AlterObjectSchema)Stmt$/.test(kind))
      for (const { relation } of effects) this.#columns.set(`${relation}\n*`, place);
  }

  /** Writing to a table may write to those that refer to it, and to any through a trigger. */
  #write(relation: string, place: string, schema: Schema): void {
    if (this.#rows.has(relation)) return;
    this.#rows.set(relation, place);
    for (const table of schema.tree(relation).slice(1)) this.#write(table, place, schema);
    if (this.triggers.has(relation)) this.#everything ??= place;
    for (const other of schema.referencing(relation)) this.#write(other, place, schema);
  }

  #alter({ relation, cmds }: AlterTableStmt, place: string, schema: Schema): void {
    const name = schema.qualify(nameOf(relation));
    const commands = all("AlterTableCmd", cmds);
    for (const table of schema.tree(name)) {
      for (const column of commands.flatMap(changedColumns)) this.#columns.set(`${table}\n${column}`, place);
      if (commands.some(({ subtype }) => /^AT_(Attach|Detach)Partition|Inherit$/.test(subtype ?? "")))
        this.#columns.set(`${table}\n*`, place);
    }
  }
}
