import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from "libpg-query";
import { addColumn } from "./add-column";
import { addConstraint } from "./add-constraint";
import { alterColumnType } from "./alter-column-type";
import { alterLevel, optionsLevel } from "./alter-levels";
import type { AnalysisBuilder } from "./builder";
import { CASCADE } from "./drop";
import type { Relation } from "./relation";
import { all, as, nameOf } from "./tree";

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
  const name = to.qualify(nameOf(statement.relation));
  const relation = to.schema.get(name);
  for (const command of all("AlterTableCmd", statement.cmds)) {
    const level = levelOf(command);
    for (const each of statement.relation?.inh && recurses(command) ? to.schema.tree(name) : [name])
      to.lockQualified(each, level);
    EFFECTS[command.subtype ?? "AT_AddOf"]?.({ to, name, relation, command });
    if (command.behavior === "DROP_CASCADE") to.unknown(CASCADE);
  }
}

function alterType(statement: AlterTableStmt, to: AnalysisBuilder): void {
  to.unknown(`changes tables made OF ${nameOf(statement.relation).name}, if there are any`);
}

/** Commands that stop at the table itself; the others go on to partitions and heirs. */
function recurses({ subtype }: AlterTableCmd): boolean {
  return !/^AT_(AttachPartition|DetachPartition|SetRelOptions|ResetRelOptions|ChangeOwner|SetTableSpace|SetAccessMethod|ClusterOn|DropCluster|ReplicaIdentity|\w+RowSecurity|AddInherit|DropInherit|\w+Rule|SetLogged|SetUnLogged|AddIdentity|DropIdentity|SetIdentity)/.test(
    subtype ?? "",
  );
}

function levelOf(command: AlterTableCmd): ReturnType<typeof alterLevel> {
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
  AT_AttachPartition: attachPartition,
  AT_DetachPartition: detachPartition,
  AT_AddInherit: ({ to, command }) => {
    const parent = as("RangeVar", command.def);
    if (parent) to.lock(nameOf(parent), "SHARE UPDATE EXCLUSIVE");
  },
  AT_DropInherit: ({ to, command }) => {
    const parent = as("RangeVar", command.def);
    if (parent) to.lock(nameOf(parent), "ACCESS SHARE");
  },
  AT_DropColumn: dropColumn,
  AT_DropConstraint: ({ to, relation, command }) => {
    const target = relation?.constraints.get(command.name ?? "")?.references;
    if (target) to.lockQualified(target, "ACCESS EXCLUSIVE");
  },
  AT_SetNotNull: setNotNull,
  AT_ValidateConstraint: validate,
  AT_SetLogged: ({ to, name }) => to.work(name, "rewrite", "move", "writes the whole table anew, into the WAL as well"),
  AT_SetUnLogged: ({ to, name }) => to.work(name, "rewrite", "move", "writes the whole table anew"),
  AT_SetAccessMethod: ({ to, name }) => to.work(name, "rewrite", "move", "writes the whole table anew"),
  AT_SetTableSpace: ({ to, name }) =>
    to.work(name, "rewrite", "move", "copies the whole table to the other tablespace"),
};

function dropColumn({ to, name, relation, command }: Target): void {
  const column = command.name ?? "";
  to.breaks("drop-column", name, `drops column ${column}`);
  for (const { columns, references } of relation?.constraints.values() ?? [])
    if (references && columns.includes(column)) to.lockQualified(references, "ACCESS EXCLUSIVE");
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
  if (constraint?.references) to.lockQualified(constraint.references, "ROW SHARE");
  if (constraint?.valid) return;
  to.work(name, "scan", "validate", `reads every row to check ${command.name}`);
}

function attachPartition({ to, name, relation, command }: Target): void {
  const partition = as("PartitionCmd", command.def)?.name;
  if (relation?.kind === "index" || !partition) return;
  const attached = to.lockTree(nameOf(partition), "ACCESS EXCLUSIVE");
  to.work(attached, "scan", "attach-partition", "reads every row to see that it belongs into the partition");
  for (const child of relation?.children ?? []) {
    if (!to.schema.get(child)?.isDefaultPartition) continue;
    to.lockQualified(child, "ACCESS EXCLUSIVE");
    to.work(child, "scan", "attach-partition", `reads every row of the default partition of ${name}`);
  }
}

function detachPartition({ to, relation, command }: Target): void {
  const { name, concurrent } = as("PartitionCmd", command.def) ?? {};
  to.lock(nameOf(name), "ACCESS EXCLUSIVE");
  if (concurrent) return;
  for (const child of relation?.children ?? [])
    if (to.schema.get(child)?.isDefaultPartition) to.lockQualified(child, "ACCESS EXCLUSIVE");
}
