import type { Constraint, Node } from "libpg-query";
import { columnsOf } from "../analysis/expressions";
import type { Schema } from "../analysis/schema";
import { nameOf } from "../sql/tree";
import { quote, tableText } from "./names";
import type { Question } from "./question";

/** The table that a constraint or index is for. */
export interface Subject {
  readonly schema: Schema;
  /** Qualified. */
  readonly relation: string;
  /** As the statement writes it, quoted. */
  readonly table: string;
  /** The table's name without its schema, quoted. */
  readonly bare: string;
  /** FROM clauses with and without the tables that inherit from it. */
  readonly whole: string;
  readonly alone: string;
}

export type Asked = Pick<Question, "kind" | "are" | "from" | "test" | "columns"> & Partial<Pick<Question, "others">>;

export function question({ relation, table }: Subject, asked: Asked): Question {
  return { relation, table, others: [], ...asked };
}

export function nulls(subject: Subject, columns: readonly string[]): Question[] {
  return columns.map((column) =>
    question(subject, {
      kind: "nulls",
      are: `have null in ${column}`,
      from: subject.whole,
      test: { where: `${subject.bare}.${quote(column)} is null` },
      columns: [column],
    }),
  );
}

/** A row is against a CHECK that is false; null passes. */
export function check(subject: Subject, text: string, expression: Node | undefined, name = "the check"): Question {
  return question(subject, {
    kind: "check",
    are: `are against ${name}`,
    from: subject.whole,
    test: { where: `not (${text}\n)` },
    columns: columnsOf(expression),
  });
}

export interface ForeignKey {
  readonly columns: readonly string[];
  /** As the statement writes it, quoted. */
  readonly target: string;
  /** Qualified. */
  readonly targetRelation: string;
  readonly referenced: readonly string[];
  readonly full: boolean;
  /** Whether partitions belong to the target. */
  readonly partitioned: boolean;
}

/** MATCH SIMPLE passes a row with any null, MATCH FULL only one of nulls alone. */
export function orphans(subject: Subject, key: ForeignKey): Question {
  const own = key.columns.map((column) => `${subject.bare}.${quote(column)}`);
  const equal = own.map((column, index) => `migrate_target.${quote(key.referenced[index] ?? "")} = ${column}`);
  const present = own.map((column) => `${column} is not null`).join(" and ");
  const only = key.partitioned ? "" : "only ";
  const lost = `(${present} and not exists (select from ${only}${key.target} migrate_target where ${equal.join(" and ")}))`;
  const mixed = key.full && own.length > 1 ? ` or (num_nulls(${own.join(", ")}) between 1 and ${own.length - 1})` : "";
  return question(subject, {
    kind: "orphans",
    are: `refer to no row of ${key.targetRelation} in ${key.columns.join(", ")}`,
    from: subject.alone,
    test: { where: `(${lost}${mixed})` },
    columns: key.columns,
    others: [key.targetRelation],
  });
}

/** The foreign key of a constraint whose other side's columns are known. */
export function foreignKey(
  constraint: Constraint,
  columns: readonly string[],
  referenced: readonly string[],
  schema: Schema,
) {
  const targetRelation = schema.qualify(nameOf(constraint.pktable));
  return {
    columns,
    target: tableText(constraint.pktable ?? {}),
    targetRelation,
    referenced,
    full: constraint.fk_matchtype === "f",
    partitioned: schema.get(targetRelation)?.kind === "partitioned table",
  };
}
