import type { RiskLevel } from "./api/assessment";
import type { Statement } from "./database";
import { refusedField } from "./problems";

/** Conditions on a user's assessments. */
export interface HistoryFilters {
  /** The earliest time. */
  readonly from?: string | undefined;
  /** The time before which they were made. */
  readonly to?: string | undefined;
  /** The levels of which theirs is one. @default any level */
  readonly risk_level?: readonly RiskLevel[] | undefined;
}

/** SQL of each condition on an assessment `a`, by the place of its parameter. */
const CONDITIONS = {
  from: (place: number) => `a.created_at >= $${place}::timestamptz`,
  to: (place: number) => `a.created_at < $${place}::timestamptz`,
  risk_level: (place: number) => `a.risk_level = any ($${place}::text[])`,
};

/** A statement that reads, with a place for each of its parameters. */
export type ListStatement = Required<Omit<Statement, "writes">>;

type Filter = keyof typeof CONDITIONS;

const FILTERS = Object.keys(CONDITIONS) as Filter[];

/** Every set of filters that a request may have. */
export const FILTER_SETS = FILTERS.reduce<readonly (readonly Filter[])[]>(
  (sets, filter) => sets.concat(sets.map((set) => set.concat(filter))),
  [[]],
);

/** Adds the conditions of these filters to a list of assessments `a`, and their parameters after its own. */
export const filteredBy = (list: ListStatement, filters: readonly Filter[]): ListStatement =>
  filters.reduce(
    ({ name, text, fields }, filter) => ({
      name: `${name}_${filter}`,
      text: text.replace("order by", `and ${CONDITIONS[filter](fields.length + 1)}\n    order by`),
      fields: [...fields, `/${filter}`],
    }),
    list,
  );

/** The filters that are given, by name, and their values. */
export function filtersOf(filters: HistoryFilters): { readonly names: string; readonly values: readonly unknown[] } {
  const given = FILTERS.filter((filter) => filters[filter] !== undefined);
  return { names: given.join(), values: given.map((filter) => filters[filter]) };
}

/** Refuses a span that ends before it begins. @throws Problem */
export function checkSpan({ from, to }: HistoryFilters): void {
  if (from !== undefined && to !== undefined && Date.parse(to) < Date.parse(from)) {
    throw refusedField("/to", "is a time before that of from");
  }
}
