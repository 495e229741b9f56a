import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from "libpg-query";
import { all, as, nameOf } from "../sql/tree";
import { addColumn } from "./add-column";
import { addConstraint, buildsIndex, nullableKeys } from "./add-constraint";
import { alterColumnType } from "./alter-column-type";
import { alterLevel, optionsLevel } from "./alter-levels";
import { isMoot, reachOf } from "./alter-reach";
import type { AnalysisBuilder } from "./builder";
import { CASCADE } from "./drop";
import type { LockMode } from "./locks";
import { attachPartition, detachPartition } from "./partitions";
import type { Relation, Storage } from "./relation";

/** One command of ALTER TABLE on the relation that it names. */
interface Target {
  readonly to: AnalysisBuilder;
  /** Qualified. */
  readonly name: string;
  readonly relation: Relation | undefined;
  readonly command: AlterTableCmd;
}

const KINDS: Partial<Record<NonNullable<AlterTableStmt["objtype"]>, string>> = {
  OBJECT_INDEX: "ALTER INDEX",
  OBJECT_VIEW: "ALTER VIEW",
  OBJECT_MATVIEW: "ALTER MATERIALIZED VIEW",
  OBJECT_SEQUENCE: "ALTER SEQUENCE",
  OBJECT_FOREIGN_TABLE: "ALTER FOREIGN TABLE",
  OBJECT_TYPE: "ALTER TYPE",
};

/** ALTER TABLE takes one lock, the strongest that any of its commands needs, and keeps it. */
export function alterTable(statement: AlterTableStmt, to: AnalysisBuilder): void {
  to.kind = KINDS[statement.objtype ?? "OBJECT_TABLE"] ?? "ALTER TABLE";
  if (statement.objtype === "OBJECT_TYPE") {
    alterType(statement, to);
    return;
  }
  if (statement.missing_ok && to.schema.lacks(nameOf(statement.relation))) return;
  const name = to.qualify(nameOf(statement.relation));
  const relation = to.schema.get(name);
  for (const command of all("AlterTableCmd", statement.cmds)) {
    to.lockQualified(name, levelOf(command));
    lockBelow(command, name, !statement.relation?.inh, to);
    if (!isMoot(command, relation)) EFFECTS[command.subtype ?? "AT_AddOf"]?.({ to, name, relation, command });
    if (command.behavior === "DROP_CASCADE") to.unknown(CASCADE);
  }
}

function alterType(statement: AlterTableStmt, to: AnalysisBuilder): void {
  to.unknown(`changes tables made OF ${nameOf(statement.relation).name}, if there are any`);
}

/** Locks what the command goes on to. A new index of a partitioned table locks its partitions less than the table. */
function lockBelow(command: AlterTableCmd, name: string, only: boolean, to: AnalysisBuilder): void {
  const reach = reachOf(command, name, only, to.schema);
  const partitioned = to.schema.get(name)?.kind === "partitioned table";
  if (reach === "itself" || (reach === "partitions" && !partitioned)) return;
  const constraint = as("Constraint", command.def);
  const index = constraint && buildsIndex(constraint) && nullableKeys(constraint, name, to.schema).length === 0;
  for (const each of to.schema.tree(name).slice(1)) to.lockQualified(each, index ? "SHARE" : levelOf(command));
}

function levelOf(command: AlterTableCmd): LockMode {
  const { subtype, def } = command;
  if (subtype === "AT_SetRelOptions" || subtype === "AT_ResetRelOptions")
    return optionsLevel(all("DefElem", as("List", def)?.items).map(({ defname }) => defname ?? ""));
  if (subtype === "AT_AddConstraint" && as("Constraint", def)?.contype === "CONSTR_FOREIGN")
    return "SHARE ROW EXCLUSIVE";
  if (subtype === "AT_DetachPartition" && as("PartitionCmd", def)?.concurrent) return "SHARE UPDATE EXCLUSIVE";
  return alterLevel(subtype);
}

const EFFECTS: Partial<Record<NonNullable<AlterTableCmd["subtype"]>, (target: Target) => void>> = {
  AT_AddColumn: ({ to, name, command }) => addColumn(to, name, as("ColumnDef", command.def) as ColumnDef),
  AT_AddConstraint: ({ to, name, command }) => addConstraint(to, name, as("Constraint", command.def) as Constraint),
  AT_AlterColumnType: ({ to, name, command }) =>
    alterColumnType(to, name, command.name ?? "", as("ColumnDef", command.def) as ColumnDef),
  AT_AttachPartition: ({ to, name, command }) => attachPartition(to, name, as("PartitionCmd", command.def)),
  AT_DetachPartition: ({ to, name, command }) => detachPartition(to, name, as("PartitionCmd", command.def)),
  AT_AddInherit: ({ to, name, command }) => {
    const parent = as("RangeVar", command.def);
    if (parent) to.lock(nameOf(parent), "SHARE UPDATE EXCLUSIVE");
    // It looks for a circle.
    for (const each of to.schema.tree(name).slice(1)) to.lockQualified(each, "ACCESS SHARE");
  },
  AT_DropInherit: ({ to, command }) => {
    const parent = as("RangeVar", command.def);
    if (parent) to.lock(nameOf(parent), "ACCESS SHARE");
  },
  AT_DropColumn: dropColumn,
  AT_DropConstraint: ({ to, relation, command }) => {
    const target = relation?.constraints.get(command.name ?? "")?.references;
    if (target) to.lockPartitions(target, "ACCESS EXCLUSIVE");
  },
  AT_SetNotNull: setNotNull,
  AT_ValidateConstraint: validate,
  AT_SetLogged: (target) => move(target, { unlogged: false }, "writes the whole table anew, into the WAL as well"),
  AT_SetUnLogged: (target) => move(target, { unlogged: true }, "writes the whole table anew"),
  AT_SetAccessMethod: (target) =>
    move(target, { accessMethod: target.command.name ?? "" }, "writes the whole table anew"),
  AT_SetTableSpace: (target) =>
    move(target, { tablespace: target.command.name ?? "" }, "copies the whole table to the other tablespace"),
};

/** Nothing moves if the table is already there. */
function move({ to, name, relation }: Target, wanted: Partial<Storage>, detail: string): void {
  const had = { ...relation?.storage, ...wanted };
  if (JSON.stringify(had) !== JSON.stringify(relation?.storage)) to.work(name, "rewrite", "move", detail);
}

function dropColumn({ to, name, relation, command }: Target): void {
  const column = command.name ?? "";
  to.breaks("drop-column", name, `drops column ${column}`);
  for (const { columns, references } of relation?.constraints.values() ?? [])
    if (references && columns.includes(column)) to.lockPartitions(references, "ACCESS EXCLUSIVE");
}

function setNotNull({ to, name, relation, command }: Target): void {
  const column = command.name ?? "";
  const proven = [...(relation?.constraints.values() ?? [])].some(
    ({ valid, provesNotNull }) => valid && provesNotNull.includes(column),
  );
  if (relation?.columns.get(column)?.notNull || proven) return;
  to.work(name, "scan", "set-not-null", `reads every row to see that ${column} is never null`);
}

function validate({ to, name, relation, command }: Target): void {
  const constraint = relation?.constraints.get(command.name ?? "");
  if (constraint?.references) to.lockPartitions(constraint.references, "ROW SHARE");
  to.work(name, "scan", "validate", `reads every row to check ${command.name}`);
}
