import type { PartitionBoundSpec, PartitionCmd, RangeVar } from "libpg-query";
import { question } from "./constraints";
import type { Context } from "./context";
import { ofConstraint } from "./known";
import { foreignKeys, type PartitionedTable, partitionedTable, uniqueIndexes } from "./lookup";
import { quoteAll } from "./names";
import type { Question, Unanswerable } from "./question";
import { subjectOf } from "./subject";
import { Piece } from "./tokens";

/** ATTACH PARTITION: the rows have to lie within the bounds, and be as unique as the parent demands. */
export async function attachPartition(
  parent: RangeVar | undefined,
  { name, bound }: PartitionCmd,
  text: Piece,
  context: Context,
): Promise<(Question | Unanswerable)[]> {
  const whole = subjectOf(parent, context.schema);
  const known = await partitionedTable(context.reader, whole.table);
  const subject = subjectOf(name && { ...name, inh: true }, context.schema);
  const inside = known && bound && insideOf(bound, text, known);
  if (!known || !bound || inside === undefined)
    return [{ relation: subject.relation, why: "the partitioned table is not known here" }];
  const indexes = await uniqueIndexes(context.reader, whole.table);
  return [
    question(subject, {
      kind: "partition",
      are: "lie outside of the partition's bounds",
      from: subject.whole,
      test: { where: `not coalesce(${inside}, false)` },
      columns: known.columns,
      others: [whole.relation],
    }),
    ...indexes.map(({ columns, nullsAreEqual }) =>
      question(subject, {
        kind: "duplicates",
        are: `are equal to another in ${columns.join(", ")}`,
        from: subject.whole,
        test: { equal: quoteAll(columns), where: "true", nullsAreEqual },
        columns,
      }),
    ),
    ...(await foreignKeys(context.reader, whole.table)).flatMap((constraint) => ofConstraint(subject, constraint)),
    ...ofDefault(known, bound, inside, whole.relation),
  ];
}

/** CREATE TABLE … PARTITION OF: the default partition must hold no row of the new one. */
export async function createPartition(
  parent: RangeVar | undefined,
  bound: PartitionBoundSpec,
  text: Piece,
  context: Context,
): Promise<(Question | Unanswerable)[]> {
  const { relation, table } = subjectOf(parent, context.schema);
  const known = await partitionedTable(context.reader, table);
  const inside = known && insideOf(bound, text, known);
  return known && inside !== undefined ? ofDefault(known, bound, inside, relation) : [];
}

function ofDefault(
  { defaultRelation, defaultTable, columns }: PartitionedTable,
  bound: PartitionBoundSpec,
  inside: string,
  parent: string,
): Question[] {
  if (!defaultRelation || !defaultTable || bound.is_default) return [];
  return [
    {
      kind: "partition",
      relation: defaultRelation,
      table: defaultTable,
      are: "belong into the new partition",
      from: defaultTable,
      test: { where: inside },
      columns,
      others: [parent],
    },
  ];
}

/** The condition that a partition's rows satisfy; undefined if the text is not understood. */
function insideOf(
  bound: PartitionBoundSpec,
  text: Piece,
  { key, siblings, oid }: PartitionedTable,
): string | undefined {
  if (bound.is_default) return siblings.length === 0 ? "true" : `not (${siblings.join(" or ")})`;
  const keys =
    Piece.of(key)
      .parenthesised()
      ?.inside.split()
      .map((piece) => piece.element()) ?? [];
  const values = text.slice(text.find(["FOR"])).after("VALUES");
  const first = values?.parenthesised();
  if (!first || keys.length === 0) return undefined;
  if (bound.strategy === "h")
    return `satisfies_hash_partition(${oid}, ${bound.modulus ?? 1}, ${bound.remainder ?? 0}, ${keys.join(", ")})`;
  const lower = first.inside.split();
  if (bound.strategy === "l") return inList(keys[0] ?? "", lower);
  const upper = first.rest.parenthesised()?.inside.split() ?? [];
  const present = keys.map((each) => `${each} is not null`);
  return `(${[...present, limit(keys, lower, ">="), limit(keys, upper, "<")].join(" and ")})`;
}

function inList(key: string, values: readonly Piece[]): string {
  const texts = values.map(({ text }) => text);
  const some = texts.filter((text) => text.toUpperCase() !== "NULL");
  const conditions = [
    ...(some.length > 0 ? [`${key} in (${some.join(", ")})`] : []),
    ...(some.length < texts.length ? [`${key} is null`] : []),
  ];
  return `(${conditions.join(" or ")})`;
}

/** A comparison ends at MINVALUE or MAXVALUE. */
function limit(keys: readonly string[], values: readonly Piece[], operator: ">=" | "<"): string {
  const words = values.map(({ text }) => text.toUpperCase());
  const end = words.findIndex((word) => word === "MINVALUE" || word === "MAXVALUE");
  if (end < 0) return `(${keys.join(", ")}) ${operator} (${values.map(({ text }) => text).join(", ")})`;
  const lower = operator === ">=";
  const open = (words[end] === "MINVALUE") === lower;
  if (end === 0) return open ? "true" : "false";
  // A prefix equal to the bound's lies inside if what follows is unlimited on this side.
  const compare = lower ? (open ? ">=" : ">") : open ? "<=" : "<";
  return `(${keys.slice(0, end).join(", ")}) ${compare} (${values
    .slice(0, end)
    .map(({ text }) => text)
    .join(", ")})`;
}
