import type { AlterTableCmd, AlterTableStmt, ColumnDef } from "libpg-query";
import { all, as, nameOf, typeOf } from "../sql/tree";
import { namesIn } from "./expressions";
import type { Column, Constraint, Relation, Storage } from "./relation";
import { toColumn, toConstraint } from "./replay-parts";
import type { Schema } from "./schema";

/** Applies ALTER TABLE to a known table; unknown ones stay unknown. */
export function replayAlterTable({ relation, cmds }: AlterTableStmt, schema: Schema): void {
  for (const command of all("AlterTableCmd", cmds)) {
    const known = schema.find(nameOf(relation));
    if (known) schema.put({ ...known, ...changed(known, command, schema) });
  }
}

function changed(relation: Relation, command: AlterTableCmd, schema: Schema): Partial<Relation> {
  const { subtype, name = "", def } = command;
  const definition = as("ColumnDef", def);
  if (subtype === "AT_AddColumn" && definition) return addColumn(relation, definition, schema);
  if (subtype === "AT_DropColumn")
    return { columns: without(relation.columns, name), constraints: withoutColumn(relation, name) };
  if (subtype === "AT_AlterColumnType" && definition) return column(relation, name, typeOf(definition.typeName));
  if (subtype === "AT_SetNotNull") return column(relation, name, { notNull: true });
  if (subtype === "AT_DropNotNull") return column(relation, name, { notNull: false });
  if (subtype === "AT_DropConstraint")
    return { constraints: without(relation.constraints, name), open: relation.open || !relation.constraints.has(name) };
  if (subtype === "AT_AddInherit") inherit(relation, command, schema, true);
  if (subtype === "AT_DropInherit") inherit(relation, command, schema, false);
  if (subtype === "AT_ValidateConstraint") return validated(relation, name);
  if (subtype === "AT_AddConstraint") return addConstraint(relation, command, schema);
  if (subtype === "AT_AttachPartition") return { children: [...relation.children, partition(command, schema)] };
  if (subtype === "AT_DetachPartition") return detachPartition(relation, partition(command, schema), schema);
  if (subtype && subtype in STORAGE)
    return { storage: { unlogged: false, ...relation.storage, ...STORAGE[subtype]?.(name) } };
  return {};
}

const STORAGE: Partial<Record<NonNullable<AlterTableCmd["subtype"]>, (name: string) => Partial<Storage>>> = {
  AT_SetLogged: () => ({ unlogged: false }),
  AT_SetUnLogged: () => ({ unlogged: true }),
  AT_SetAccessMethod: (accessMethod) => ({ accessMethod }),
  AT_SetTableSpace: (tablespace) => ({ tablespace }),
};

function inherit({ name }: Relation, { def }: AlterTableCmd, schema: Schema, begins: boolean): void {
  const parent = schema.find(nameOf(as("RangeVar", def)));
  if (!parent) return;
  const others = parent.children.filter((child) => child !== name);
  schema.put({ ...parent, children: begins ? [...others, name] : others });
}

/** Inherited parts become the partition's own. */
function detachPartition(parent: Relation, name: string, schema: Schema): Partial<Relation> {
  const known = schema.get(name);
  const own = [...(known?.constraints ?? [])].map(
    ([key, constraint]) => [key, { ...constraint, inherited: false }] as const,
  );
  if (known) schema.put({ ...known, constraints: new Map(own) });
  return { children: parent.children.filter((child) => child !== name) };
}

function partition({ def }: AlterTableCmd, schema: Schema): string {
  return schema.qualify(nameOf(as("PartitionCmd", def)?.name));
}

function addColumn(relation: Relation, definition: ColumnDef, schema: Schema): Partial<Relation> {
  const column = definition.colname ?? "";
  const inline = all("Constraint", definition.constraints).map((constraint) =>
    toConstraint({ constraint, column }, schema, bare(relation)),
  );
  return {
    columns: new Map([...relation.columns, toColumn(definition)]),
    constraints: new Map([...relation.constraints, ...inline]),
  };
}

function addConstraint(relation: Relation, { def }: AlterTableCmd, schema: Schema): Partial<Relation> {
  const constraint = as("Constraint", def);
  if (!constraint) return {};
  const [name, made] = toConstraint({ constraint, column: "" }, schema, bare(relation));
  const primary = constraint.contype === "CONSTR_PRIMARY" ? namesIn(constraint.keys) : [];
  const index = constraint.indexname === undefined ? undefined : schema.find({ name: constraint.indexname });
  const using = constraint.contype === "CONSTR_PRIMARY" ? [...(index?.columns.keys() ?? [])] : [];
  const columns = [...primary, ...using].reduce(
    (columns, name) => column({ ...relation, columns }, name, { notNull: true }).columns ?? columns,
    relation.columns,
  );
  return { columns, constraints: new Map([...relation.constraints, [name, made]]) };
}

function bare({ name }: Relation): string {
  return name.slice(name.indexOf(".") + 1);
}

function column(relation: Relation, name: string, change: Partial<Column>): Partial<Relation> {
  const known = relation.columns.get(name) ?? (relation.open ? { type: "", modifiers: [], notNull: false } : undefined);
  return known ? { columns: new Map([...relation.columns, [name, { ...known, ...change }]]) } : {};
}

function validated(relation: Relation, name: string): Partial<Relation> {
  const known = relation.constraints.get(name);
  return known ? { constraints: new Map([...relation.constraints, [name, { ...known, valid: true }]]) } : {};
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): Map<string, Value> {
  return new Map([...map].filter(([each]) => each !== key));
}

function withoutColumn({ constraints }: Relation, column: string): Map<string, Constraint> {
  return new Map([...constraints].filter(([, { columns }]) => !columns.includes(column)));
}
