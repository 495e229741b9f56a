import type { RiskLevel } from "./api/assessment";
import type { Statement } from "./database";
import { refusedField } from "./problems";

/** Conditions on a user's assessments. */
export interface HistoryFilters {
  /** The earliest time of a page. */
  readonly from?: string | undefined;
  /** The time before which all of a page is. */
  readonly to?: string | undefined;
  /** One of these levels. @default any level */
  readonly risk_level?: readonly RiskLevel[] | undefined;
}

const CONDITIONS = {
  from: (place: number) => `a.created_at >= $${place}::timestamptz`,
  to: (place: number) => `a.created_at < $${place}::timestamptz`,
  risk_level: (place: number) => `a.risk_level = any ($${place}::text[])`,
};

/** A statement with its values. */
export type Asked = readonly [statement: Statement, values: readonly unknown[]];

/** Adds conditions to a list of assessments `a`. Each set of them is a statement of its own, so that each has its own plan. */
export function filtered([statement, values]: Asked, filters: HistoryFilters): Asked {
  return Object.entries(CONDITIONS).reduce<Asked>(
    ([{ name, text, fields = [] }, before], [filter, condition]) => {
      const value = filters[filter as keyof HistoryFilters];
      if (value === undefined) return [{ name, text, fields }, before];
      const next = {
        name: `${name}_${filter}`,
        text: text.replace("order by", `and ${condition(before.length + 1)}\n    order by`),
        fields: [...fields, `/${filter}`],
      };
      return [next, [...before, value]];
    },
    [statement, values],
  );
}

/** Refuses a span that ends before it begins. @throws Problem */
export function checkSpan({ from, to }: HistoryFilters): void {
  if (from !== undefined && to !== undefined && Date.parse(to) < Date.parse(from)) {
    throw refusedField("/to", "is a time before that of from");
  }
}
