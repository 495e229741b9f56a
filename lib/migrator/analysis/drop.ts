import type { DropStmt, ObjectType } from "libpg-query";
import { type Name, nameOfParts, parts } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";

/** Kinds whose DROP locks nothing else. */
const WORDS: Partial<Record<ObjectType, string>> = {
  OBJECT_MATVIEW: "MATERIALIZED VIEW",
  OBJECT_FOREIGN_TABLE: "FOREIGN TABLE",
  OBJECT_STATISTIC_EXT: "STATISTICS",
};

const RELATIONS: readonly (ObjectType | undefined)[] = [
  "OBJECT_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_SEQUENCE",
  "OBJECT_FOREIGN_TABLE",
];

export const CASCADE = "CASCADE drops whatever depends on it, and locks the tables of that";

export function drop(
  { removeType, objects, behavior, concurrent, missing_ok: ifExists }: DropStmt,
  to: AnalysisBuilder,
): void {
  to.kind = `DROP ${WORDS[removeType ?? "OBJECT_TABLE"] ?? removeType?.replace("OBJECT_", "").replaceAll("_", " ")}`;
  if (concurrent) to.kind += " CONCURRENTLY";
  const names = (objects ?? []).map(parts).filter((name) => !(ifExists && isMissing(removeType, name, to)));
  if (names.length === 0) return;
  if (behavior === "DROP_CASCADE") to.unknown(CASCADE);
  for (const name of names) {
    if (removeType === "OBJECT_INDEX") dropIndex(nameOfParts(name), to, concurrent === true);
    else if (RELATIONS.includes(removeType)) dropRelation(nameOfParts(name), to, removeType === "OBJECT_TABLE");
    else if (ATTACHED.test(removeType ?? "")) dropAttached(nameOfParts(name.slice(0, -1)), to, removeType);
    else if (removeType === "OBJECT_STATISTIC_EXT")
      to.unknown(
        "the table of the statistics is locked in SHARE UPDATE EXCLUSIVE mode; which one it is, is not known here",
      );
  }
}

const ATTACHED = /^OBJECT_(TRIGGER|POLICY|RULE)$/;

/** The name of a part of a table as `Relation.attached` has it. */
export function attachedAs(type: ObjectType | undefined, name = ""): string {
  return `${type?.replace("OBJECT_", "").toLowerCase()} ${name}`;
}

/** Whether there is certainly no such object, so that IF EXISTS does and locks nothing. */
function isMissing(type: ObjectType | undefined, name: readonly string[], { schema }: AnalysisBuilder): boolean {
  if (RELATIONS.includes(type) || type === "OBJECT_INDEX") return schema.lacks(nameOfParts(name));
  if (!ATTACHED.test(type ?? "")) return false;
  const table = nameOfParts(name.slice(0, -1));
  return schema.lacks(table) || schema.find(table)?.attached?.includes(attachedAs(type, name.at(-1))) === false;
}

/** Partitions have the parent's triggers for each row. */
function dropAttached(table: Name, to: AnalysisBuilder, type: ObjectType | undefined): void {
  const name = to.lock(table, "ACCESS EXCLUSIVE");
  if (type === "OBJECT_TRIGGER") to.lockPartitions(name, "ACCESS EXCLUSIVE");
}

function dropRelation(name: Name, to: AnalysisBuilder, isTable: boolean): void {
  const qualified = to.lockTree(name, "ACCESS EXCLUSIVE");
  for (const each of to.schema.tree(qualified)) {
    // A partition's inherited constraint has triggers on the other table.
    for (const { references, inherited } of to.schema.get(each)?.constraints.values() ?? [])
      if (references && !inherited) to.lockPartitions(references, "ACCESS EXCLUSIVE");
  }
  lockParents(qualified, to);
  if (isTable) to.breaks("drop-table", qualified, `drops ${qualified} with all that it holds`);
}

/** The parent forgets the partition, and its default partition may then take those rows. */
function lockParents(partition: string, to: AnalysisBuilder): void {
  for (const { name, kind, children } of to.schema.relations()) {
    if (kind !== "partitioned table" || !children.includes(partition)) continue;
    to.lockQualified(name, "ACCESS EXCLUSIVE");
    for (const child of children)
      if (to.schema.get(child)?.isDefaultPartition) to.lockQualified(child, "ACCESS EXCLUSIVE");
  }
}

function dropIndex(name: Name, to: AnalysisBuilder, concurrent: boolean): void {
  const mode = concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  const index = to.lock(name, mode);
  const table = to.schema.get(index)?.table;
  if (table) to.lockPartitions(table, mode);
  else to.unknown(`the table of ${index} is locked in ${mode} mode too; which one it is, is not known here`);
}
