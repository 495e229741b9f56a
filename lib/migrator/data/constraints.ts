import type { Constraint, IndexElem, IndexStmt, Node } from "libpg-query";
import { columnsOf, namesIn } from "../analysis/expressions";
import type { Schema } from "../analysis/schema";
import { all, as, nameOf } from "../analysis/tree";
import { collateText, quote, quoteAll, tableText } from "./names";
import type { Question } from "./question";
import type { Piece } from "./tokens";

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

export interface UniqueKey {
  readonly values: readonly string[];
  readonly columns: readonly string[];
  readonly where?: string | undefined;
  readonly nullsAreEqual: boolean;
  /** For people. */
  readonly shown: string;
}

export function unique(
  subject: Subject,
  { values, columns, where = "true", nullsAreEqual, shown }: UniqueKey,
): Question {
  return question(subject, {
    kind: "duplicates",
    are: `are equal to another in ${shown}`,
    from: subject.alone,
    test: { equal: values, where, nullsAreEqual },
    columns,
  });
}

/** An index of expressions needs their values in every row. */
export function computable(subject: Subject, { values, columns, where = "true", shown }: UniqueKey): Question {
  return question(subject, {
    kind: "expression",
    are: `have no value for ${shown}`,
    from: subject.whole,
    test: { evaluate: `case when ${where} then row(${values.join(", ")}) end` },
    columns,
  });
}

/** The key of UNIQUE or PRIMARY KEY. */
export function keyOf(
  { nulls_not_distinct: nullsAreEqual = false }: Constraint,
  columns: readonly string[],
): UniqueKey {
  return { values: quoteAll(columns), columns, nullsAreEqual, shown: columns.join(", ") };
}

/** The key of CREATE UNIQUE INDEX, from its text. */
export function indexKey(statement: IndexStmt, text: Piece): UniqueKey | undefined {
  const body = text.after("ON")?.parenthesised();
  const elements = all("IndexElem", statement.indexParams);
  const pieces = body?.inside.split() ?? [];
  if (!body || pieces.length !== elements.length) return undefined;
  const condition = statement.whereClause && body.rest.after("WHERE")?.text;
  const values = elements.map((element, index) => elementText(element, pieces[index]));
  return {
    values,
    columns: [...elements.flatMap(columnsOfElement), ...columnsOf(statement.whereClause)],
    nullsAreEqual: statement.nulls_not_distinct ?? false,
    shown: values.join(", ").replaceAll('"', ""),
    ...(condition !== undefined && { where: `(${condition}\n)` }),
  };
}

function elementText({ name, collation }: IndexElem, piece: Piece | undefined): string {
  return `${name === undefined ? piece?.element() : quote(name)}${collateText(collation)}`;
}

function columnsOfElement({ name, expr }: IndexElem): string[] {
  return name === undefined ? columnsOf(expr) : [name];
}

/** EXCLUDE: operators are strict, so a null is equal to nothing. */
export function exclusion(subject: Subject, constraint: Constraint, text: Piece): Question | undefined {
  const body = text.after("EXCLUDE")?.parenthesised();
  const items = (constraint.exclusions ?? []).map((each) => as("List", each)?.items ?? []);
  const pieces = body?.inside.split() ?? [];
  if (!body || pieces.length !== items.length) return undefined;
  const elements = items.map(([element]) => as("IndexElem", element) ?? {});
  const exclude = items.map(([, operator], index) => ({
    value: elementText(elements[index] ?? {}, pieces[index]),
    operator: operatorText(operator),
  }));
  const condition = constraint.where_clause && body.rest.after("WHERE")?.parenthesised()?.inside.text;
  return question(subject, {
    kind: "exclusion",
    are: `exclude each other by ${constraint.conname ?? "the constraint"}`,
    from: subject.alone,
    test: { exclude, where: condition ?? "true" },
    columns: [...elements.flatMap(columnsOfElement), ...columnsOf(constraint.where_clause)],
  });
}

function operatorText(node: Node | undefined): string {
  const names = namesIn(as("List", node)?.items);
  const operator = names.pop() ?? "=";
  return names.length > 0 ? `operator(${quoteAll(names).join(".")}.${operator})` : operator;
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
