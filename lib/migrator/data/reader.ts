import type { Client, DatabaseError } from "pg";
import { isLostConnection } from "../database/connection";
import { literal, quoteAll } from "./names";

/** Result of a query, or the server's reason not to answer. Never holds a row's value: see `Refused`. */
export type Read<Row> = { readonly rows: readonly Row[] } | { readonly refused: Refused };

export interface Refused {
  readonly sqlstate: string;
  /** Whether the rows are the reason: data exceptions, constraints, and what a function raises by itself. */
  readonly byRows: boolean;
  /** For a person. The server's message only where it can name no value. */
  readonly why: string;
}

/** Asks in read-only transactions with a time limit, one for each query. */
export class Reader {
  readonly #keys = new Map<string, Promise<Key>>();

  constructor(
    private readonly client: Client,
    private readonly timeoutSeconds: number,
    /** The schemas of unqualified names; undefined if they cannot be told. */
    public searchPath: readonly string[] | undefined = undefined,
  ) {}

  /** @throws if the connection is lost */
  async read<Row extends object>(sql: string, values: readonly string[] = []): Promise<Read<Row>> {
    const path = quoteAll(this.searchPath ?? []).join(", ");
    try {
      await this.client.query(
        `begin isolation level repeatable read read only; set local statement_timeout = '${this.timeoutSeconds}s'; set local lock_timeout = '1s'; select pg_catalog.set_config('search_path', ${literal(path)}, true)`,
      );
      return { rows: (await this.client.query<Row>(sql, [...values])).rows };
    } catch (error) {
      if (isLostConnection(error)) throw error;
      return { refused: this.#refused(error as DatabaseError) };
    } finally {
      await this.client.query("rollback").catch(() => {});
    }
  }

  #refused({ code = "", message, where, routine }: DatabaseError): Refused {
    const byRows = /^(22|23)/.test(code) || routine === "exec_stmt_raise";
    const refused = (why: string) => ({ sqlstate: code, byRows, why });
    if (code === "57014") return refused(`not counted within ${this.timeoutSeconds} s`);
    if (code === "55P03") return refused("another session has locked it");
    // Other messages, and those from within a function, may quote a value.
    const isSafe = !byRows && where === undefined && /^(0A|25|3F|42|53|54|57)/.test(code);
    return refused(isSafe ? `${message} (SQLSTATE ${code})` : `the server refuses it (SQLSTATE ${code})`);
  }

  /** SQL of a table's key, which names a row without telling anything of it. */
  keyOf(table: string): Promise<Key> {
    const name = `${this.searchPath?.join()}\n${table}`;
    const known = this.#keys.get(name) ?? this.#readKey(table);
    this.#keys.set(name, known);
    return known;
  }

  async #readKey(table: string): Promise<Key> {
    const found = await this.read<{ columns: string[] | null; partitioned: boolean }>(KEY, [table]);
    const [row] = "rows" in found ? found.rows : [];
    if (row?.columns) return { names: row.columns, sql: `concat_ws(',', ${quoteAll(row.columns).join(", ")})` };
    return { names: ["ctid"], sql: row?.partitioned ? "concat_ws(' ', tableoid::regclass, ctid)" : "ctid::text" };
  }
}

export interface Key {
  readonly names: readonly string[];
  readonly sql: string;
}

/** A primary key of numbers and UUIDs only: other types may hold what is known of a person. */
const KEY = `select c.relkind = 'p' or exists (select from pg_inherits where inhparent = c.oid) as partitioned,
    (select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
      from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary
      having bool_and(a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype))) as columns
  from pg_class c where c.oid = to_regclass($1)`;
