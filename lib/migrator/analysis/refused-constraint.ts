import type { Constraint } from "libpg-query";
import { as, nameOf } from "../sql/tree";
import { buildsIndex } from "./add-constraint";
import { namesIn } from "./expressions";
import { badReference, type Command, lacksPartitionKey, named, type Refusal, refused } from "./refusal";

const WORDS: Partial<Record<NonNullable<Constraint["contype"]>, string>> = {
  CONSTR_PRIMARY: "primary key",
  CONSTR_UNIQUE: "unique",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_EXCLUSION: "exclusion",
};

/** The server's reason to refuse a new constraint. */
export function refusedConstraint(target: Command): Refusal | undefined {
  const constraint = as("Constraint", target.command.def);
  const { contype = "CONSTR_DEFAULT" } = constraint ?? {};
  const word = WORDS[contype];
  if (!constraint) return undefined;
  if (contype === "CONSTR_CHECK") return check(target, constraint);
  if (word === undefined) return undefined;
  if (target.kind === "foreign table")
    return refused("wrong-kind", "0A000", `${word} constraints are not supported on foreign tables`);
  return contype === "CONSTR_FOREIGN" ? foreignKey(target, constraint) : index(target, constraint);
}

function check({ kind, bare, only, relation }: Command, { is_no_inherit: own }: Constraint): Refusal | undefined {
  if (own)
    return kind === "partitioned table"
      ? refused("partitioned", "42P16", `cannot add NO INHERIT constraint to partitioned table "${bare}"`)
      : undefined;
  const alone = only && relation.children.length > 0;
  return alone ? refused("only-parent", "42P16", "constraint must be added to child tables too") : undefined;
}

function foreignKey({ kind, bare, only, relation, schema }: Command, constraint: Constraint): Refusal | undefined {
  const other = named({ schema }, nameOf(constraint.pktable));
  const bad = badReference(other, relation.storage?.unlogged === false);
  if (bad || kind !== "partitioned table") return bad;
  const which = `foreign key on partitioned table "${bare}" referencing relation "${nameOf(constraint.pktable).name}"`;
  if (only) return refused("foreign-key-partitioned", "42809", `cannot use ONLY for ${which}`);
  return constraint.skip_validation
    ? refused("foreign-key-partitioned", "42809", `cannot add NOT VALID ${which}`)
    : undefined;
}

function index(target: Command, constraint: Constraint): Refusal | undefined {
  const { kind, bare, relation } = target;
  const { contype, keys } = constraint;
  const partitioned = kind === "partitioned table";
  if (partitioned && constraint.indexname !== undefined)
    return refused(
      "using-index-partitioned",
      "0A000",
      "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables",
    );
  const second = [...relation.constraints.values()].some((each) => each.kind === "primary key");
  if (contype === "CONSTR_PRIMARY" && second)
    return refused("second-primary-key", "42P16", `multiple primary keys for table "${bare}" are not allowed`);
  if (contype === "CONSTR_EXCLUSION")
    return partitioned
      ? refused("exclusion-partitioned", "0A000", "exclusion constraints are not supported on partitioned tables")
      : undefined;
  return buildsIndex(constraint) ? lacksPartitionKey(target, namesIn(keys)) : undefined;
}
