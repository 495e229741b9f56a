import { as, nameOf } from "../sql/tree";
import { wrongKind } from "./alter-actions";
import { type Command, type Named, named, type Refusal, refused } from "./refusal";
import type { Relation } from "./relation";

export function inherit({ kind, bare, name, relation, command, schema }: Command): Refusal | undefined {
  const own = ofPartition({ name, schema });
  if (own) return own;
  if (kind === "partitioned table")
    return refused("partitioned", "42809", "cannot change inheritance of partitioned table");
  const parent = named({ schema }, nameOf(as("RangeVar", command.def)));
  if (!parent) return undefined;
  const wrong = wrongKind(parent, "AT_AddInherit", schema);
  if (wrong) return wrong;
  if (parent.kind === "partitioned table")
    return refused("partitioned", "42809", `cannot inherit from partitioned table "${parent.bare}"`);
  if (schema.partitionedParentOf(parent.name))
    return refused("partitioned", "42809", "cannot inherit from a partition");
  return lacksParts({ bare, name, relation, kind }, parent.relation);
}

export function ofPartition({ name, schema }: Pick<Command, "name" | "schema">): Refusal | undefined {
  const parent = schema.partitionedParentOf(name);
  return parent && refused("partitioned", "42809", "cannot change inheritance of a partition");
}

export function notPartitioned({ kind, bare }: Command): Refusal | undefined {
  return kind === "table" ? refused("wrong-kind", "42P17", `table "${bare}" is not partitioned`) : undefined;
}

/** A partition has what its parent has. */
export function attach({ relation, command, schema }: Command): Refusal | undefined {
  const partition = named({ schema }, nameOf(as("PartitionCmd", command.def)?.name));
  if (!partition || relation.kind === "index") return undefined;
  if (schema.partitionedParentOf(partition.name))
    return refused("partitioned", "42809", `"${partition.bare}" is already a partition`);
  return lacksParts(partition, relation);
}

function lacksParts({ relation: child, bare }: Named, parent: Relation): Refusal | undefined {
  if (child.open || parent.open) return undefined;
  for (const [name, { notNull, type }] of parent.columns) {
    const own = child.columns.get(name);
    if (!own) return refused("missing-part", "42804", `child table is missing column "${name}"`);
    if (own.type !== type)
      return refused("missing-part", "42804", `child table "${bare}" has different type for column "${name}"`);
    if (notNull && !own.notNull)
      return refused("missing-part", "42804", `column "${name}" in child table must be marked NOT NULL`);
  }
  for (const [name, { kind, noInherit }] of parent.constraints)
    if (kind === "check" && !noInherit && !child.constraints.has(name))
      return refused("missing-part", "42804", `child table is missing constraint "${name}"`);
  return undefined;
}

export function detach({ relation, command, schema }: Command): Refusal | undefined {
  const hasDefault = relation.children.some((child) => schema.get(child)?.isDefaultPartition);
  if (!as("PartitionCmd", command.def)?.concurrent || !hasDefault) return undefined;
  return refused(
    "detach-concurrently",
    "55000",
    "cannot detach partitions concurrently when a default partition exists",
  );
}
