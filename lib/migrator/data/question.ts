/** Rows that make a statement fail. */
export type Kind = "nulls" | "duplicates" | "orphans" | "check" | "type" | "exclusion" | "expression" | "partition";

/** One thing that a statement demands of the rows, as SQL that finds those against it. */
export interface Question {
  readonly kind: Kind;
  /** Qualified, for people. */
  readonly relation: string;
  /** Describes the rows, as the end of a sentence: `have null in email`. */
  readonly are: string;
  /** As the statement writes it, quoted. */
  readonly table: string;
  /** FROM clause, in which the table has its own name. */
  readonly from: string;
  readonly test: Test;
  /** Columns that it depends on, as the table has them now. */
  readonly columns: readonly string[];
  /** Other relations that it reads, qualified. */
  readonly others: readonly string[];
  /** Whether it is about new values, which can be computed only if every demand before it is satisfied. */
  readonly ofNewValues?: boolean;
}

export type Test =
  /** Rows that are against it. */
  | { readonly where: string }
  /** Rows that are equal to another in these expressions. */
  | { readonly equal: readonly string[]; readonly where: string; readonly nullsAreEqual: boolean }
  /** Pairs of rows for which every operator is true. */
  | { readonly exclude: readonly { readonly value: string; readonly operator: string }[]; readonly where: string }
  /** An expression whose evaluation fails; `where` finds some of the rows, where it can be written without failing. */
  | { readonly evaluate: string; readonly where?: string };

/** Something that cannot be asked at all, with the reason. */
export interface Unanswerable {
  readonly relation: string;
  readonly why: string;
}

/** Names of the row's own columns, in SQL that `key` may be empty of. */
export interface Counting {
  readonly count: string;
  /** Up to five keys. */
  readonly sample: string;
}

const MOST_KEYS = 5;

/** The SELECTs of a question; undefined for the rows of one that can only be evaluated. */
export function countingOf({ from, test }: Question, key: string): Counting | undefined {
  if ("equal" in test) return duplicates(from, test, key);
  if ("exclude" in test) return excluded(from, test, key);
  if (test.where === undefined) return undefined;
  return {
    count: `select count(*) as rows from ${from} where ${test.where}`,
    sample: `select ${key} as key from ${from} where ${test.where} limit ${MOST_KEYS}`,
  };
}

function duplicates(
  from: string,
  { equal, where, nullsAreEqual }: Extract<Test, { equal: unknown }>,
  key: string,
): Counting {
  const values = equal.map((value, index) => `${value} as migrate_${index}`);
  const names = equal.map((_, index) => `migrate_${index}`);
  const present = nullsAreEqual ? "true" : names.map((name) => `${name} is not null`).join(" and ");
  const rows = `(select ${values.join(", ")}, ${key} as migrate_key from ${from} where ${where}) migrate_rows where ${present}`;
  return {
    count: `select coalesce(sum(n), 0) as rows from (select count(*) as n from ${rows} group by ${names.join(", ")} having count(*) > 1) migrate_groups`,
    sample: `select migrate_key as key from (select migrate_key, count(*) over (partition by ${names.join(", ")}) as n from ${rows}) migrate_counted where n > 1 limit ${MOST_KEYS}`,
  };
}

function excluded(from: string, { exclude, where }: Extract<Test, { exclude: unknown }>, key: string): Counting {
  const values = exclude.map(({ value }, index) => `${value} as migrate_${index}`);
  const both = exclude.map(({ operator }, index) => `a.migrate_${index} ${operator} b.migrate_${index}`);
  const rows = `with migrate_rows as materialized (select row_number() over () as migrate_n, ${values.join(", ")}, ${key} as migrate_key from ${from} where ${where})`;
  const found = `migrate_rows a where exists (select from migrate_rows b where a.migrate_n <> b.migrate_n and ${both.join(" and ")})`;
  return {
    count: `${rows} select count(*) as rows from ${found}`,
    sample: `${rows} select a.migrate_key as key from ${found} limit ${MOST_KEYS}`,
  };
}
