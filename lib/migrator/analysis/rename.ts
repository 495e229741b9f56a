import type { AlterObjectSchemaStmt, AlterOwnerStmt, Node, ObjectType, RenameStmt } from "libpg-query";
import { nameOf, nameOfParts, parts } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";

const RELATIONS = /^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|FOREIGN_TABLE|COLUMN|TABCONSTRAINT|TRIGGER|RULE|POLICY)$/;
const BREAKING = /^OBJECT_(TABLE|VIEW|MATVIEW|COLUMN)$/;

export function rename(statement: RenameStmt, to: AnalysisBuilder): void {
  const { renameType, relation, subname, newname } = statement;
  to.kind = "ALTER … RENAME";
  if (!relation || (statement.missing_ok && to.schema.lacks(nameOf(relation)))) return;
  if (renameType === "OBJECT_INDEX") {
    to.lock(nameOf(relation), "SHARE UPDATE EXCLUSIVE");
    return;
  }
  if (!RELATIONS.test(renameType ?? "")) {
    to.unknown(`renames in ${nameOf(relation).name}`);
    return;
  }
  const column = renameType === "OBJECT_COLUMN";
  const name =
    column || renameType === "OBJECT_TABCONSTRAINT"
      ? to.lockTree(nameOf(relation), "ACCESS EXCLUSIVE")
      : to.lock(nameOf(relation), "ACCESS EXCLUSIVE");
  if (renameType === "OBJECT_TRIGGER") to.lockPartitions(name, "ACCESS EXCLUSIVE");
  if (BREAKING.test(renameType ?? "") && statement.relationType !== "OBJECT_TYPE")
    to.breaks("rename", name, `renames ${column ? `column ${subname}` : name} to ${newname}`);
}

export function setSchema(statement: AlterObjectSchemaStmt, to: AnalysisBuilder): void {
  const { objectType, relation, newschema, missing_ok: ifExists } = statement;
  to.kind = "ALTER … SET SCHEMA";
  if (!relation || (ifExists && to.schema.lacks(nameOf(relation)))) return;
  const name = to.lock(nameOf(relation), "ACCESS EXCLUSIVE");
  if (objectType !== "OBJECT_SEQUENCE") to.breaks("rename", name, `moves ${name} to the schema ${newschema}`);
}

/** Owner of types, functions and the like. ALTER TABLE … OWNER TO is an AlterTableStmt. */
export function setOwner({ relation }: AlterOwnerStmt, to: AnalysisBuilder): void {
  to.kind = "ALTER … OWNER TO";
  if (relation) to.lock(nameOf(relation), "ACCESS EXCLUSIVE");
}

/** A comment or security label. It locks a relation or column; for parts of a table it only looks. */
export function annotate(objtype: ObjectType | undefined, object: Node | undefined, to: AnalysisBuilder): void {
  const names = parts(object);
  if (/^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX|FOREIGN_TABLE)$/.test(objtype ?? ""))
    to.lock(nameOfParts(names), "SHARE UPDATE EXCLUSIVE");
  if (objtype === "OBJECT_COLUMN") to.lock(nameOfParts(names.slice(0, -1)), "SHARE UPDATE EXCLUSIVE");
  if (/^OBJECT_(TABCONSTRAINT|TRIGGER|RULE|POLICY)$/.test(objtype ?? ""))
    to.lock(nameOfParts(names.slice(0, -1)), "ACCESS SHARE");
}
