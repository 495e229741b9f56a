import type { ColumnDef, Constraint as ConstraintNode } from "libpg-query";
import { all, nameOf, typeOf } from "../sql/tree";
import { columnsOf, constraintOf, isSerial, namesIn, provesNotNull, storedType } from "./expressions";
import type { Column, Constraint } from "./relation";
import type { Schema } from "./schema";

/** Builds a column from its definition. `primary` holds the columns of the table's primary key. */
export function toColumn(definition: ColumnDef, primary: readonly string[] = []): [string, Column] {
  const name = definition.colname ?? "";
  const { type, modifiers } = typeOf(definition.typeName);
  const notNull =
    primary.includes(name) ||
    isSerial(definition) ||
    (["CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"] as const).some((kind) => constraintOf(definition, kind));
  const collation = all("String", definition.collClause?.collname).at(-1)?.sval;
  return [name, { type: storedType(type), modifiers, notNull, ...(collation !== undefined && { collation }) }];
}

interface Placed {
  readonly constraint: ConstraintNode;
  /** The column whose definition holds it; empty for a table constraint. */
  readonly column: string;
}

/** Builds a constraint. One without a name gets PostgreSQL's default name. */
export function toConstraint({ constraint, column }: Placed, schema: Schema, table: string): [string, Constraint] {
  const { contype, conname, fk_attrs: attributes, pk_attrs: referenced, raw_expr: expression, pktable } = constraint;
  const isForeign = contype === "CONSTR_FOREIGN";
  const columns = isForeign ? namesIn(attributes) : expression ? columnsOf(expression) : namesIn(constraint.keys);
  const made: Constraint = {
    kind: KINDS[contype ?? "CONSTR_DEFAULT"] ?? "other",
    columns: columns.length > 0 ? columns : [column],
    ...(isForeign && { references: schema.qualify(nameOf(pktable)) }),
    ...(isForeign && referenced && { referenced: namesIn(referenced) }),
    ...(constraint.is_no_inherit && { noInherit: true }),
    valid: !constraint.skip_validation,
    ...(contype === "CONSTR_CHECK" && { expression }),
    provesNotNull: contype === "CONSTR_CHECK" ? provesNotNull(expression) : [],
  };
  return [conname ?? defaultName(table, made), made];
}

const KINDS: Partial<Record<NonNullable<ConstraintNode["contype"]>, Constraint["kind"]>> = {
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_PRIMARY: "primary key",
  CONSTR_UNIQUE: "unique",
  CONSTR_EXCLUSION: "exclusion",
};

const SUFFIXES = { check: "check", "foreign key": "fkey", unique: "key", exclusion: "excl", other: "other" } as const;

function defaultName(table: string, { kind, columns }: Constraint): string {
  if (kind === "primary key") return `${table}_pkey`;
  return `${[table, ...columns].filter(Boolean).join("_")}_${SUFFIXES[kind]}`;
}
