import type { ColumnDef, Node, RangeVar } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { all, as, type Body, type Kind, nameOf, typeOf, walk } from "../sql/tree";
import type { Relation } from "./relation";
import type { Schema } from "./schema";

/** Undefined if unknown. */
type Type = string | undefined;

/** Finds the string constants of a statement, each with the types that it becomes. */
export function constantsOf(node: ParseNode, schema: Schema): Map<string, Set<Type>> {
  const reader = new Reader(node, schema);
  // A setting's value has no type.
  if (!("VariableSetStmt" in node)) reader.read(node, undefined);
  return reader.found;
}

type Fields = Readonly<Record<string, unknown>>;

class Reader {
  readonly found = new Map<string, Set<Type>>();
  readonly #columns = new Map<string, Type>();

  constructor(
    tree: ParseNode,
    private readonly schema: Schema,
  ) {
    walk(tree, (kind, body) => {
      for (const range of [body, body.relation] as (RangeVar | undefined)[])
        if (typeof range?.relname === "string") this.#addColumns(schema.find(nameOf(range)));
      if (kind === "ColumnDef")
        this.#columns.set((body as ColumnDef).colname ?? "", typeOf((body as ColumnDef).typeName).type);
    });
  }

  #addColumns(relation: Relation | undefined): void {
    for (const [name, { type }] of relation?.columns ?? [])
      this.#columns.set(name, !this.#columns.has(name) || this.#columns.get(name) === type ? type : undefined);
  }

  /** Reads a tree whose value has the type `type`. */
  read(tree: unknown, type: Type): void {
    if (Array.isArray(tree)) for (const each of tree) this.read(each, type);
    else if (typeof tree === "object" && tree !== null)
      for (const [key, value] of Object.entries(tree)) {
        const handler = this.#handlers[key as Kind];
        if (handler) handler(value as Fields, type);
        else this.read(value, PASSES.has(key) || /^[a-z]/.test(key) ? type : undefined);
      }
  }

  readonly #handlers: { readonly [K in Kind]?: (body: Fields, type: Type) => void } = {
    A_Const: ({ sval }, type) => {
      const text = (sval as { sval?: string } | undefined)?.sval;
      if (text !== undefined) this.found.set(text, (this.found.get(text) ?? new Set()).add(this.#known(type)));
    },
    TypeCast: (body) => this.read(body.arg, typeOf((body as Body<"TypeCast">).typeName).type),
    A_Expr: ({ lexpr, rexpr }) => {
      const type = this.#typeOf(lexpr as Node) ?? this.#typeOf(rexpr as Node);
      for (const side of [lexpr, rexpr])
        this.read(side, type ?? (isConstant(lexpr) && isConstant(rexpr) ? "text" : undefined));
    },
    CaseExpr: ({ arg, args, defresult }, type) => {
      for (const { expr, result } of all("CaseWhen", args as Node[])) {
        this.read(expr, arg === undefined ? undefined : this.#typeOf(arg as Node));
        this.read(result, type);
      }
      this.read(defresult, type);
    },
    ColumnDef: (body) => this.read({ ...body, typeName: undefined }, typeOf((body as ColumnDef).typeName).type),
    AlterTableCmd: ({ name, def }) => this.read(def, this.#columns.get(name as string)),
    InsertStmt: (body) => this.#insert(body as Body<"InsertStmt">),
    UpdateStmt: ({ targetList, ...rest }) => {
      this.#assign(targetList as Node[]);
      this.read(rest, undefined);
    },
    // A query's columns are text unless the context says otherwise.
    SelectStmt: (body) => this.#select(body as Body<"SelectStmt">, [], "text"),
  };

  #insert({ relation, cols, selectStmt, onConflictClause, ...rest }: Body<"InsertStmt">): void {
    const known = this.schema.find(nameOf(relation))?.columns;
    const names = cols ? all("ResTarget", cols).map(({ name = "" }) => name) : [...(known?.keys() ?? [])];
    const types = names.map((name) => known?.get(name)?.type);
    const select = as("SelectStmt", selectStmt);
    if (select) this.#select(select, types, undefined);
    this.#assign(onConflictClause?.targetList);
    this.read([onConflictClause?.whereClause, rest], undefined);
  }

  #assign(targets: readonly Node[] | undefined): void {
    for (const { name = "", val } of all("ResTarget", targets)) this.read(val, this.#columns.get(name));
  }

  /** The first columns of a query's result have these types, later ones have `other`. */
  #select(
    { targetList, valuesLists, larg, rarg, ...rest }: Body<"SelectStmt">,
    types: readonly Type[],
    other: Type,
  ): void {
    const answer = all("ResTarget", targetList).map(({ val }) => val);
    for (const row of [answer, ...all("List", valuesLists).map(({ items = [] }) => items)])
      for (const [index, value] of row.entries()) this.read(value, index < types.length ? types[index] : other);
    for (const side of [larg, rarg]) if (side) this.#select(side, types, other);
    this.read(rest, undefined);
  }

  #typeOf(node: Node | undefined): Type {
    const column = all("String", as("ColumnRef", node)?.fields).at(-1)?.sval;
    if (column !== undefined) return this.#columns.get(column);
    const cast = as("TypeCast", node);
    return cast && typeOf(cast.typeName).type;
  }

  /** A domain can be based on any type. */
  #known(type: Type): Type {
    return type === undefined || type === "" || this.schema.domain(type) ? undefined : type;
  }
}

/** Kinds whose parts have their own type. */
const PASSES: ReadonlySet<string> = new Set<Kind>(["A_ArrayExpr", "CoalesceExpr", "Constraint", "List", "MinMaxExpr"]);

function isConstant(node: unknown): boolean {
  return as("A_Const", node as Node) !== undefined;
}
