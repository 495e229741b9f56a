import type { Constraint, IndexElem, IndexStmt, Node } from "libpg-query";
import { columnsOf, namesIn } from "../analysis/expressions";
import { all, as } from "../sql/tree";
import { question, type Subject } from "./constraints";
import { collateText, quote, quoteAll } from "./names";
import type { Question } from "./question";
import type { Piece } from "./tokens";

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
