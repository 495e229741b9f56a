import type { RangeVar } from "libpg-query";
import type { Schema } from "../analysis/schema";
import { nameOf } from "../sql/tree";
import type { Subject } from "./constraints";
import { quote, tableText } from "./names";

/** The table that a statement names. A partitioned table holds rows in its partitions only. */
export function subjectOf(range: RangeVar | undefined, schema: Schema): Subject {
  const relation = schema.qualify(nameOf(range));
  const table = tableText(range ?? {});
  const partitioned = schema.get(relation)?.kind === "partitioned table";
  const alone = partitioned ? table : `only ${table}`;
  return {
    schema,
    relation,
    table,
    bare: quote(range?.relname ?? ""),
    whole: range?.inh === true ? table : alone,
    alone,
  };
}

/** The same table with another value in one of its columns. */
export function replacing(subject: Subject, columns: readonly string[], column: string, value: string): Subject {
  const list = columns.map((each) => (each === column ? `${value} as ${quote(each)}` : quote(each))).join(", ");
  const change = (from: string) => `(select tableoid, ctid, ${list} from ${from}) ${subject.bare}`;
  return { ...subject, whole: change(subject.whole), alone: change(subject.alone) };
}

/** The same table with a column more. */
export function withValue(subject: Subject, column: string, value: string): Subject {
  const add = (from: string) => `(select tableoid, ctid, *, ${value} as ${quote(column)} from ${from}) ${subject.bare}`;
  return { ...subject, whole: add(subject.whole), alone: add(subject.alone) };
}
