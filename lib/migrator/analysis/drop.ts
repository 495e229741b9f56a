import type { DropStmt, ObjectType } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import { type Name, nameOfParts, parts } from "./tree";

/** Kinds that are dropped with nothing locked but themselves. */
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

/** A missing table under IF EXISTS is not locked, and no harm is done by saying so. */
function dropRelation(name: Name, to: AnalysisBuilder, isTable: boolean): void {
  const qualified = to.lockTree(name, "ACCESS EXCLUSIVE");
  for (const each of to.schema.tree(qualified)) {
    // What a partition has from its parent has its triggers there.
    for (const { references, inherited } of to.schema.get(each)?.constraints.values() ?? [])
      if (references && !inherited) to.lockQualified(references, "ACCESS EXCLUSIVE");
  }
  lockParents(qualified, to);
  if (isTable) to.breaks("drop-table", qualified, `drops ${qualified} with all that it holds`);
}

/** A partition's parent has to forget it; the default partition may then hold what was its. */
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
