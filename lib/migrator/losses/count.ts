import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { count } from "../base/events";
import { EVERY_ROW, hidesRows } from "../database/connection";

/** Counted exactly up to here; above, the server's estimate. */
const COUNTED = 100_000;
/** Limit of one count, so that a question never takes long. */
const TIMEOUT = "2s";

export interface Amount {
  readonly rows: number;
  /** Rows in which the column is not null, for a column. */
  readonly values?: number;
  readonly estimated: boolean;
}

export class Counter {
  constructor(private readonly client: Client) {}

  /** Whether every function of that name belongs to PostgreSQL. */
  async isServersOwn(routine: string): Promise<boolean> {
    const { rows } = await this.client.query<{ own: boolean }>(
      "select coalesce(bool_and(oid < 16384), false) as own from pg_proc where proname = $1",
      [routine],
    );
    return rows[0]?.own ?? false;
  }

  /** Counts rows or values, or says why it cannot. `searchPath` is for names without a schema. */
  async count(relation: string, column?: string, searchPath?: string): Promise<Amount | string> {
    const path =
      searchPath === undefined ? "" : `; select set_config('search_path', ${escapeLiteral(searchPath)}, true)`;
    try {
      await this.client.query(
        `begin read only; set local ${EVERY_ROW}; set local statement_timeout = '${TIMEOUT}'; set local lock_timeout = '1s'${path}`,
      );
      return await this.#countInTransaction(relation, column, searchPath);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === undefined) throw error;
      if (code === "42703") return "there is no such column";
      if (hidesRows(error)) return "cannot be counted: row-level security hides rows of it from this role";
      return code === "57014" ? `more than can be counted within ${TIMEOUT}` : `cannot be counted: ${message}`;
    } finally {
      await this.client.query("rollback");
    }
  }

  async #countInTransaction(relation: string, column?: string, searchPath?: string): Promise<Amount | string> {
    const { rows: known } = await this.client.query<{ estimate: number }>(
      "select reltuples as estimate from pg_class where oid = to_regclass($1)",
      [relation],
    );
    if (!known[0]) return searchPath === "" ? "in which schema cannot be told" : "there is no such table";
    const value = column === undefined ? "" : escapeIdentifier(column);
    const { rows } = await this.client.query<{ rows: string; values: string }>(
      `select count(*) as rows, count(${value || "*"}) as values from (select ${value} from ${relation} limit ${COUNTED + 1}) part`,
    );
    const counted = { rows: Number(rows[0]?.rows), values: Number(rows[0]?.values) };
    const amount = { ...counted, estimated: counted.rows > COUNTED };
    if (amount.estimated) {
      const estimate = Math.max(known[0].estimate, counted.rows);
      amount.values = rough((counted.values / counted.rows) * estimate);
      amount.rows = rough(estimate);
    }
    const { values: _, ...ofTable } = amount;
    return column === undefined ? ofTable : amount;
  }
}

/** Rounds to three digits, since an estimate is no more precise. */
function rough(estimate: number): number {
  return Number(estimate.toPrecision(3));
}

/** `1234 rows`, `about 2000000 rows`, `40 values in 100 rows`. */
export function describeAmount(amount: Amount | string, column?: string): string {
  if (typeof amount === "string") return amount;
  const { rows, values = 0, estimated } = amount;
  const about = estimated ? "about " : "";
  if (column === undefined) return about + count(rows, "row");
  return `${about}${count(values, "value")} in ${about}${count(rows, "row")}`;
}
