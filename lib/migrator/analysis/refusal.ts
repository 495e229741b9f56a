import type { AlterTableCmd } from "libpg-query";
import type { Name } from "../sql/tree";
import type { Relation, RelationKind } from "./relation";
import type { Schema } from "./schema";

/** Reasons for the server to refuse a statement whatever the rows are. Each has its advice in lint/advice-refused.ts. */
export type RefusalCause =
  | "concurrently-partitioned"
  | "depends"
  | "detach-concurrently"
  | "exclusion-partitioned"
  | "foreign-key-partitioned"
  | "inherited"
  | "missing-part"
  | "only-parent"
  | "partition-key"
  | "partitioned"
  | "second-primary-key"
  | "truncate-referenced"
  | "unique-index-missing"
  | "unique-partitioned"
  | "using-index-partitioned"
  | "wrong-kind";

/** Reasons in what tables have, and not in their kinds. Statements that cannot be looked into may change that. */
export const BY_CONTENT: ReadonlySet<RefusalCause> = new Set([
  "depends",
  "missing-part",
  "second-primary-key",
  "truncate-referenced",
  "unique-index-missing",
] as const);

export interface Refusal {
  readonly cause: RefusalCause;
  /** The server's message with its SQLSTATE, e.g. `"x" is not a table (42809)`. */
  readonly message: string;
  /** Partitions of the relation, itself left out, that hold rows. */
  readonly partitions?: readonly string[];
  /** Whether some partitions have partitions themselves. */
  readonly partial?: boolean;
  /** The parent of a partition or child. */
  readonly parent?: string;
  /** Columns of the index that the statement names. */
  readonly columns?: readonly string[];
}

export function refused(cause: RefusalCause, code: string, message: string): Refusal {
  return { cause, message: `${message} (${code})` };
}

/** The server's name for a kind in its messages. */
export const A_KIND: Readonly<Record<RelationKind, string>> = {
  table: "a table",
  "partitioned table": "a table",
  "foreign table": "a foreign table",
  index: "an index",
  view: "a view",
  "materialized view": "a materialized view",
  sequence: "a sequence",
};

/** A relation that a statement names. */
export interface Named {
  /** Without its schema. */
  readonly bare: string;
  /** Qualified. */
  readonly name: string;
  readonly relation: Relation;
  readonly kind: RelationKind;
}

/** Finds a relation; undefined if nothing is known of it. */
export function named({ schema }: { readonly schema: Schema }, name: Name): Named | undefined {
  const relation = schema.find(name);
  return relation && { bare: bareName(relation.name), name: relation.name, relation, kind: relation.kind };
}

export function bareName(qualified: string): string {
  return qualified.slice(qualified.indexOf(".") + 1);
}

/** Whether a column comes from a parent. */
export function isInherited(table: string, column: string, schema: Schema): boolean {
  return schema.parentsOf(table).some(({ columns }) => columns.has(column));
}

/** A unique index of a partitioned table contains the partition key. */
export function lacksPartitionKey({ kind, relation }: Named, columns: readonly string[]): Refusal | undefined {
  const { partitionKey } = relation;
  if (kind !== "partitioned table" || !partitionKey || partitionKey.every((column) => columns.includes(column)))
    return undefined;
  const message = "unique constraint on partitioned table must include all partitioning columns";
  return refused("unique-partitioned", "0A000", message);
}

/** A foreign key's other table. */
export function badReference(to: Named | undefined, permanent: boolean): Refusal | undefined {
  if (!to) return undefined;
  if (to.kind !== "table" && to.kind !== "partitioned table")
    return refused("wrong-kind", "42809", `referenced relation "${to.bare}" is not a table`);
  if (permanent && to.relation.storage?.unlogged)
    return refused("wrong-kind", "42P16", "constraints on permanent tables may reference only permanent tables");
  return undefined;
}

/** One command of an ALTER TABLE. */
export interface Command extends Named {
  readonly command: AlterTableCmd;
  readonly only: boolean;
  readonly schema: Schema;
}
