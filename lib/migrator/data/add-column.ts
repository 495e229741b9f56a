import type { AlterTableCmd, ColumnDef } from "libpg-query";
import { constraintOf, defaultOf, isSerial, namesIn, volatilePart } from "../analysis/expressions";
import { all, as, typeOf } from "../sql/tree";
import { check, foreignKey, nulls, orphans, question, type Subject } from "./constraints";
import type { Context } from "./context";
import { keyOf, unique } from "./indexes";
import { domainDefault, primaryKey } from "./lookup";
import { tableText, typeText } from "./names";
import type { Question, Unanswerable } from "./question";
import { withValue } from "./subject";
import type { Piece } from "./tokens";

/** Words that end a default's expression. */
const NEXT = [
  "CONSTRAINT",
  "NOT",
  "NULL",
  "UNIQUE",
  "PRIMARY",
  "CHECK",
  "REFERENCES",
  "GENERATED",
  "DEFERRABLE",
  "INITIALLY",
  "COLLATE",
];

/** ADD COLUMN: its value in the rows that are there has to satisfy what the column demands. */
export async function addColumn(
  plain: Subject,
  { def, missing_ok: ifMissing }: AlterTableCmd,
  text: Piece,
  context: Context,
): Promise<(Question | Unanswerable)[]> {
  const column = as("ColumnDef", def) ?? {};
  const name = column.colname ?? "";
  if (!demands(column, context) || (ifMissing && plain.schema.get(plain.relation)?.columns.has(name))) return [];
  // Numbers of its own fit every demand.
  if (isSerial(column) || constraintOf(column, "CONSTR_IDENTITY")) return [];
  const own = defaultOf(column) ?? context.schema.domain(typeOf(column.typeName).type)?.value;
  const volatile = volatilePart(own, context.schema);
  if (volatile)
    return hasCondition(column)
      ? [{ relation: plain.relation, why: `${volatile} gives every row a value of its own in ${name}` }]
      : [];
  const type = column.typeName ? typeText(column.typeName) : "text";
  const expression = textOfValue(column, text) ?? (await domainDefault(context.reader, type)) ?? "null";
  const value = `(${expression}\n)::${type}`;
  const subject = withValue(plain, name, value);
  // One value for all: one row is enough to compute it.
  const from = constraintOf(column, "CONSTR_GENERATED")
    ? plain.whole
    : `(select from ${plain.whole} limit 1) migrate_row`;
  const found: Question[] = [
    question(subject, { kind: "type", are: `get no valid ${name}`, from, test: { evaluate: value }, columns: [] }),
  ];
  const has = (type: Parameters<typeof constraintOf>[1]) => constraintOf(column, type);
  if (has("CONSTR_NOTNULL") ?? has("CONSTR_PRIMARY")) found.push(...nulls(subject, [name]));
  const key = has("CONSTR_UNIQUE") ?? has("CONSTR_PRIMARY");
  if (key) found.push(unique(subject, keyOf(key, [name])));
  found.push(...checks(subject, column, text));
  const foreign = has("CONSTR_FOREIGN");
  if (foreign) {
    const referenced = namesIn(foreign.pk_attrs);
    const columns =
      referenced.length > 0 ? referenced : await primaryKey(context.reader, tableText(foreign.pktable ?? {}));
    if (columns) found.push(orphans(subject, foreignKey(foreign, [name], columns, context.schema)));
  }
  // The column itself is not there yet: the questions compute it.
  return found.map((each, index) => ({
    ...each,
    ofNewValues: index > 0,
    columns: each.columns.filter((one) => one !== name),
  }));
}

/** A column that may be null and has no condition fits every row. */
function demands(column: ColumnDef, { schema }: Context): boolean {
  const constraints = all("Constraint", column.constraints).map(({ contype }) => contype ?? "");
  const free = /^CONSTR_(NULL|ATTR_\w+)$/;
  return (
    constraints.some((type) => !free.test(type)) ||
    defaultOf(column) !== undefined ||
    schema.domain(typeOf(column.typeName).type)?.constrained === true
  );
}

/** Whether a value of its own in every row has to satisfy more than not to be null. */
function hasCondition(column: ColumnDef): boolean {
  return all("Constraint", column.constraints).some(({ contype }) =>
    /^CONSTR_(CHECK|UNIQUE|PRIMARY|FOREIGN)$/.test(contype ?? ""),
  );
}

/** Text of the default, or of a generated column's expression. */
function textOfValue(column: ColumnDef, text: Piece): string | undefined {
  if (constraintOf(column, "CONSTR_GENERATED")) return text.after("GENERATED")?.parenthesised()?.inside.text;
  return defaultOf(column) && text.after("DEFAULT")?.before(NEXT, 1).text;
}

function checks(subject: Subject, column: ColumnDef, text: Piece): Question[] {
  let rest: Piece | undefined = text;
  return all("Constraint", column.constraints).flatMap((constraint) => {
    if (constraint.contype !== "CONSTR_CHECK") return [];
    const body: ReturnType<Piece["parenthesised"]> = rest?.after("CHECK")?.parenthesised();
    rest = body?.rest;
    return body ? [check(subject, body.inside.text, constraint.raw_expr, constraint.conname)] : [];
  });
}
