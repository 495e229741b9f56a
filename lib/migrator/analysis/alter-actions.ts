import type { AlterTableCmd } from "libpg-query";
import { type Named, type Refusal, refused } from "./refusal";
import type { RelationKind } from "./relation";
import type { Schema } from "./schema";

type Subtype = NonNullable<AlterTableCmd["subtype"]>;

/** The server's name of each action, and the kinds that have it besides tables (ATPrepCmd in PostgreSQL 16's tablecmds.c). */
const ACTIONS: Partial<Record<Subtype, readonly [action: string, ...also: RelationKind[]]>> = {
  AT_AddColumn: ["ADD COLUMN", "foreign table"],
  AT_AddConstraint: ["ADD CONSTRAINT", "foreign table"],
  AT_AddIdentity: ["ALTER COLUMN ... ADD IDENTITY", "foreign table", "view"],
  AT_AddInherit: ["INHERIT", "foreign table"],
  AT_AlterColumnType: ["ALTER COLUMN ... SET DATA TYPE", "foreign table"],
  AT_AlterConstraint: ["ALTER CONSTRAINT"],
  AT_AttachPartition: ["ATTACH PARTITION", "index"],
  AT_ClusterOn: ["CLUSTER ON", "materialized view"],
  AT_ColumnDefault: ["ALTER COLUMN ... SET DEFAULT", "foreign table", "view"],
  AT_DetachPartition: ["DETACH PARTITION"],
  AT_DisableRowSecurity: ["DISABLE ROW SECURITY"],
  AT_DisableRule: ["DISABLE RULE"],
  AT_DisableTrig: ["DISABLE TRIGGER", "foreign table"],
  AT_DisableTrigAll: ["DISABLE TRIGGER ALL", "foreign table"],
  AT_DisableTrigUser: ["DISABLE TRIGGER USER", "foreign table"],
  AT_DropCluster: ["SET WITHOUT CLUSTER", "materialized view"],
  AT_DropColumn: ["DROP COLUMN", "foreign table"],
  AT_DropConstraint: ["DROP CONSTRAINT", "foreign table"],
  AT_DropExpression: ["ALTER COLUMN ... DROP EXPRESSION", "foreign table"],
  AT_DropIdentity: ["ALTER COLUMN ... DROP IDENTITY", "foreign table", "view"],
  AT_DropInherit: ["NO INHERIT", "foreign table"],
  AT_DropNotNull: ["ALTER COLUMN ... DROP NOT NULL", "foreign table"],
  AT_EnableRowSecurity: ["ENABLE ROW SECURITY"],
  AT_EnableRule: ["ENABLE RULE"],
  AT_EnableTrig: ["ENABLE TRIGGER", "foreign table"],
  AT_EnableTrigAll: ["ENABLE TRIGGER ALL", "foreign table"],
  AT_EnableTrigUser: ["ENABLE TRIGGER USER", "foreign table"],
  AT_ForceRowSecurity: ["FORCE ROW SECURITY"],
  AT_NoForceRowSecurity: ["NO FORCE ROW SECURITY"],
  AT_ReplicaIdentity: ["REPLICA IDENTITY", "materialized view"],
  AT_ResetRelOptions: ["RESET", "materialized view", "view", "index"],
  AT_SetAccessMethod: ["SET ACCESS METHOD", "materialized view"],
  AT_SetCompression: ["ALTER COLUMN ... SET COMPRESSION", "materialized view"],
  AT_SetLogged: ["SET LOGGED", "sequence"],
  AT_SetNotNull: ["ALTER COLUMN ... SET NOT NULL", "foreign table"],
  AT_SetOptions: ["ALTER COLUMN ... SET", "materialized view", "foreign table"],
  AT_SetRelOptions: ["SET", "materialized view", "view", "index"],
  AT_SetStatistics: ["ALTER COLUMN ... SET STATISTICS", "materialized view", "foreign table", "index"],
  AT_SetStorage: ["ALTER COLUMN ... SET STORAGE", "materialized view", "foreign table"],
  AT_SetTableSpace: ["SET TABLESPACE", "materialized view", "index"],
  AT_SetUnLogged: ["SET UNLOGGED", "sequence"],
  AT_ValidateConstraint: ["VALIDATE CONSTRAINT", "foreign table"],
};

/** The refusal of an action that this kind of relation does not have. */
export function wrongKind({ kind, bare, relation }: Named, subtype: Subtype, schema: Schema): Refusal | undefined {
  const [action, ...also] = ACTIONS[subtype] ?? [];
  const isPartitionedIndex = schema.get(relation.table ?? "")?.kind === "partitioned table";
  const kinds = ["table", "partitioned table", ...also];
  if (action === undefined || (kinds.includes(kind) && !(isPartitionedIndex && subtype.endsWith("RelOptions"))))
    return undefined;
  return refused("wrong-kind", "42809", `ALTER action ${action} cannot be performed on relation "${bare}"`);
}
