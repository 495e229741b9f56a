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

export function drop({ removeType, objects, behavior, concurrent }: DropStmt, to: AnalysisBuilder): void {
  to.kind = `DROP ${WORDS[removeType ?? "OBJECT_TABLE"] ?? removeType?.replace("OBJECT_", "").replaceAll("_", " ")}`;
  const names = (objects ?? []).map(parts);
  if (behavior === "DROP_CASCADE") to.unknown(CASCADE);
  for (const name of names) {
    if (removeType === "OBJECT_INDEX") dropIndex(nameOfParts(name), to, concurrent === true);
    else if (RELATIONS.includes(removeType)) dropRelation(nameOfParts(name), to, removeType === "OBJECT_TABLE");
    else if (/^OBJECT_(TRIGGER|POLICY|RULE)$/.test(removeType ?? ""))
      to.lock(nameOfParts(name.slice(0, -1)), "ACCESS EXCLUSIVE");
    else if (removeType === "OBJECT_STATISTIC_EXT")
      to.unknown(
        "the table of the statistics is locked in SHARE UPDATE EXCLUSIVE mode; which one it is, is not known here",
      );
  }
  if (concurrent) to.kind += " CONCURRENTLY";
}

/** Under IF EXISTS a missing table is not locked; naming it does no harm. */
function dropRelation(name: Name, to: AnalysisBuilder, isTable: boolean): void {
  const qualified = to.lockTree(name, "ACCESS EXCLUSIVE");
  for (const each of to.schema.tree(qualified)) {
    // A partition's inherited constraint has triggers on the other table.
    for (const { references, inherited } of to.schema.get(each)?.constraints.values() ?? [])
      if (references && !inherited) to.lockQualified(references, "ACCESS EXCLUSIVE");
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
  if (table) for (const each of to.schema.tree(table)) to.lockQualified(each, mode);
  else to.unknown(`the table of ${index} is locked in ${mode} mode too; which one it is, is not known here`);
}
