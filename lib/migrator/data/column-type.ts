import type { ColumnDef } from "libpg-query";
import { columnName, columnsOf } from "../analysis/expressions";
import { isStoredAlike } from "../analysis/types";
import { as, typeOf } from "../sql/tree";
import { nulls, question, type Subject } from "./constraints";
import { unique } from "./indexes";
import { ofConstraint } from "./known";
import { constraintsWith, otherIndexes, uniqueIndexes } from "./lookup";
import { literal, quote, quoteAll, typeText } from "./names";
import type { Question, Test, Unanswerable } from "./question";
import type { Reader } from "./reader";
import { replacing } from "./subject";
import type { Piece } from "./tokens";

const INTEGERS: Readonly<Record<string, number>> = { int2: 16, int4: 32, int8: 64 };

/** ALTER COLUMN … TYPE: every value is computed anew, and has to fit, also what is demanded of the column. */
export async function columnType(
  subject: Subject,
  column: string,
  definition: ColumnDef,
  /** Text of the command. */
  text: Piece,
  reader: Reader,
): Promise<(Question | Unanswerable)[]> {
  const { typeName, raw_default: using } = definition;
  const had = subject.schema.get(subject.relation)?.columns.get(column);
  const gets = typeOf(typeName);
  if (!typeName || (using === undefined && had && (isStoredAlike(had, gets) || isWider(had.type, gets.type))))
    return [];
  const value = using === undefined ? quote(column) : `(${text.after("USING")?.text}\n)`;
  const ask = (test: Test) =>
    question(subject, {
      kind: "type",
      are: `do not fit into ${show(gets)} in ${column}`,
      from: subject.whole,
      test,
      columns: [column, ...columnsOf(using)],
    });
  const limit = cut(value, gets);
  const dependents = await ofNewValues(subject, column, `${value}::${typeText(typeName)}`, reader);
  if (limit !== undefined)
    return [ask({ evaluate: `${value}::${typeText(typeName, false)}` }), ask({ where: limit }), ...dependents];
  const where = unreadable(plainColumn(using), subject, typeText(typeName)) ?? misfits(value, gets);
  return [ask({ evaluate: `${value}::${typeText(typeName)}`, ...(where !== undefined && { where }) }), ...dependents];
}

/** Indexes are built and constraints checked anew. */
async function ofNewValues(
  plain: Subject,
  column: string,
  value: string,
  reader: Reader,
): Promise<(Question | Unanswerable)[]> {
  const columns = [...(plain.schema.get(plain.relation)?.columns.keys() ?? [])];
  if (!columns.includes(column)) return [];
  const subject = replacing(plain, columns, column, value);
  const indexes = (await uniqueIndexes(reader, plain.table)).filter((index) => index.columns.includes(column));
  const constraints = await constraintsWith(reader, plain.table, column);
  const notNull = plain.schema.get(plain.relation)?.columns.get(column)?.notNull;
  const found = [
    ...(notNull ? nulls(subject, [column]) : []),
    ...indexes.map(({ columns: keys, nullsAreEqual }) =>
      unique(subject, { values: quoteAll(keys), columns: keys, nullsAreEqual, shown: keys.join(", ") }),
    ),
    ...constraints.flatMap((constraint) => ofConstraint(subject, constraint)),
  ];
  const others = (await otherIndexes(reader, plain.table)).filter((name) =>
    plain.schema.get(name)?.uses?.includes(column),
  );
  const open = [...others, ...referring(plain, column)];
  return [
    ...found.map((each) => ({ ...each, ofNewValues: true })),
    ...open.map((name) => ({ relation: plain.relation, why: `${name} depends on the new values of ${column}` })),
  ];
}

/** Whether every value stays the same number. */
function isWider(had: string, gets: string): boolean {
  return (INTEGERS[had] ?? Number.POSITIVE_INFINITY) <= (INTEGERS[gets] ?? 0);
}

function show({ type, modifiers }: ReturnType<typeof typeOf>): string {
  return modifiers.length > 0 ? `${type}(${modifiers.join(",")})` : type;
}

/** Rows that an assignment refuses where a cast would cut: only spaces may be cut. */
function cut(value: string, { type, modifiers: [length] }: ReturnType<typeof typeOf>): string | undefined {
  if (length === undefined) return undefined;
  if (type === "varchar" || type === "bpchar") return `rtrim(substr(${value}::text, ${length + 1}), ' ') <> ''`;
  if (type === "bit") return `length(${value}::varbit) <> ${length}`;
  return type === "varbit" ? `length(${value}::varbit) > ${length}` : undefined;
}

/** Tables whose foreign keys refer to the column. */
function referring({ schema, relation }: Subject, column: string): string[] {
  return schema.referencing(relation).filter((name) => {
    const constraints = [...(schema.get(name)?.constraints.values() ?? [])];
    return constraints.some((each) => each.references === relation && each.referenced?.includes(column));
  });
}

/** Numbers out of range, found without a cast that fails. */
function misfits(value: string, { type, modifiers }: ReturnType<typeof typeOf>): string | undefined {
  const bits = INTEGERS[type];
  const most = `2::numeric ^ ${(bits ?? 0) - 1}`;
  if (bits !== undefined) return `round(${value}::numeric) not between -(${most}) and ${most} - 1`;
  const [precision, scale = 0] = modifiers;
  if (type !== "numeric" || precision === undefined) return undefined;
  return `abs(round(${value}::numeric, ${scale})) >= 10::numeric ^ ${precision - scale} and ${value}::numeric <> 'NaN'`;
}

/** Texts that the type cannot read. */
function unreadable(column: string | undefined, { schema, relation }: Subject, typeName: string): string | undefined {
  if (column === undefined) return undefined;
  const from = schema.get(relation)?.columns.get(column)?.type ?? "";
  return TEXTS.includes(from) ? `not pg_input_is_valid(${quote(column)}::text, ${literal(typeName)})` : undefined;
}

const TEXTS = ["text", "varchar", "bpchar"];

/** The column of `USING column::type`. */
function plainColumn(using: ColumnDef["raw_default"]): string | undefined {
  return columnName(as("TypeCast", using)?.arg)[0];
}
