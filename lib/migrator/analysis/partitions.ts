import type { PartitionBoundSpec, PartitionCmd } from "libpg-query";
import { nameOf } from "../sql/tree";
import { hasForeignKey } from "./add-constraint";
import type { AnalysisBuilder } from "./builder";
import { isOutside, isWithin } from "./partition-proof";

/** The parent's foreign keys come to hold for the partition, in both directions. */
export function attachPartition(to: AnalysisBuilder, parent: string, command: PartitionCmd | undefined): void {
  const known = to.schema.get(parent);
  if (known?.kind === "index" || !command?.name) return;
  const attached = to.lockTree(nameOf(command.name), "ACCESS EXCLUSIVE");
  if (!known || !isWithin(attached, known, command.bound, to.schema))
    to.work(attached, "scan", "attach-partition", "reads every row to see that it belongs into the partition", {
      ...(known?.partitionKey && { columns: known.partitionKey }),
    });
  defaultPartition(to, parent, command.bound);
  for (const [name, constraint] of known?.constraints ?? []) {
    if (!constraint.references) continue;
    // An existing equal constraint takes its place, and its triggers on the other table are dropped.
    const { references, columns } = constraint;
    const proven = hasForeignKey(to.schema.get(attached), references, columns);
    to.lockQualified(constraint.references, proven ? "ACCESS EXCLUSIVE" : "SHARE ROW EXCLUSIVE");
    if (!proven) to.work(attached, "scan", "add-foreign-key", `reads every row to check ${name}`);
  }
  for (const table of to.schema.referencing(parent)) to.lockQualified(table, "SHARE ROW EXCLUSIVE");
}

export function detachPartition(to: AnalysisBuilder, parent: string, command: PartitionCmd | undefined): void {
  const detached = to.lock(nameOf(command?.name), "ACCESS EXCLUSIVE");
  if (!command?.concurrent) lockDefaultPartition(to, parent);
  for (const { references } of to.schema.get(parent)?.constraints.values() ?? [])
    if (references) to.lockQualified(references, "SHARE ROW EXCLUSIVE");
  for (const table of to.schema.referencing(parent)) {
    to.lockQualified(table, "ACCESS EXCLUSIVE");
    to.work(table, "scan", "detach-partition", `reads every row to see that none refers to ${detached}`);
  }
}

/** The default partition is read, since it must not hold the new partition's rows. */
export function defaultPartition(to: AnalysisBuilder, parent: string, bound?: PartitionBoundSpec): void {
  const known = to.schema.get(parent);
  for (const child of lockDefaultPartition(to, parent))
    if (!known || !isOutside(child, known, bound, to.schema))
      to.work(child, "scan", "attach-beside-default", `reads every row of the default partition of ${parent}`);
}

function lockDefaultPartition(to: AnalysisBuilder, parent: string): string[] {
  const children = to.schema.get(parent)?.children ?? [];
  const found = children.filter((child) => to.schema.get(child)?.isDefaultPartition);
  return found.map((child) => to.lockQualified(child, "ACCESS EXCLUSIVE"));
}
