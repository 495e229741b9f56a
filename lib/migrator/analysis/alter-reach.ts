import type { AlterTableCmd } from "libpg-query";
import { as } from "../sql/tree";
import { buildsIndex, nullableKeys } from "./add-constraint";
import type { Relation } from "./relation";
import type { Schema } from "./schema";

/** How far a command of ALTER TABLE goes: to the table alone, to its partitions, or to children by inheritance as well. */
export type Reach = "itself" | "partitions" | "tree";

/** Commands that stop at the table, even if it is partitioned. */
const ITSELF =
  /^AT_(AttachPartition|DetachPartition|SetRelOptions|ResetRelOptions|SetOptions|ResetOptions|SetCompression|ChangeOwner|SetTableSpace|SetAccessMethod|ClusterOn|DropCluster|ReplicaIdentity|\w+RowSecurity|AddInherit|DropInherit|\w+Rule|SetLogged|SetUnLogged|AddIdentity|DropIdentity|SetIdentity)/;
const PARTITIONS = /^AT_(AlterConstraint|(Enable|Disable)\w*Trig)/;

/** Finds how far a command goes. `only` is ALTER TABLE ONLY. */
export function reachOf(command: AlterTableCmd, name: string, only: boolean, schema: Schema): Reach {
  const relation = schema.get(name);
  const { subtype = "" } = command;
  // Before it looks for a constraint, the server locks partitions.
  if (isMoot(command, relation)) return subtype === "AT_DropConstraint" ? "partitions" : "itself";
  // Children keep what they had from their parent, as their own, and are locked for that.
  if (only) return isCheckOrColumn(command, relation) && relation?.kind !== "partitioned table" ? "tree" : "itself";
  if (ITSELF.test(subtype)) return "itself";
  if (PARTITIONS.test(subtype)) return "partitions";
  if (subtype === "AT_AddConstraint") return reachOfNew(command, name, schema);
  if (/^AT_(Drop|Validate)Constraint$/.test(subtype)) {
    const { kind = "check" } = relation?.constraints.get(command.name ?? "") ?? {};
    return kind === "check" ? "tree" : "partitions";
  }
  return "tree";
}

/** Whether the command finds its work done already, which it learns with the table's lock alone. */
export function isMoot({ subtype, name = "", def, missing_ok: ok }: AlterTableCmd, relation?: Relation): boolean {
  if (!relation) return false;
  if (subtype === "AT_ValidateConstraint") return relation.constraints.get(name)?.valid === true;
  if (!ok) return false;
  if (subtype === "AT_AddColumn") return relation.columns.has(as("ColumnDef", def)?.colname ?? "");
  if (subtype === "AT_DropColumn") return !relation.open && !relation.columns.has(name);
  return subtype === "AT_DropConstraint" && !relation.open && !relation.constraints.has(name);
}

function isCheckOrColumn({ subtype, name = "" }: AlterTableCmd, relation: Relation | undefined): boolean {
  if (subtype === "AT_DropColumn") return true;
  return subtype === "AT_DropConstraint" && relation?.constraints.get(name)?.kind === "check";
}

function reachOfNew({ def }: AlterTableCmd, name: string, schema: Schema): Reach {
  const constraint = as("Constraint", def);
  if (constraint?.contype === "CONSTR_CHECK") return constraint.is_no_inherit ? "itself" : "tree";
  // A nullable column of a primary key becomes NOT NULL in all children, which get no index.
  if (constraint && nullableKeys(constraint, name, schema).length > 0) return "tree";
  return constraint && !buildsIndex(constraint) && constraint.contype !== "CONSTR_FOREIGN" ? "itself" : "partitions";
}
