import { count } from "../base/events";
import { countingOf, type Kind, type Question, type Unanswerable } from "./question";
import type { Key, Reader } from "./reader";

/** An answer of the rows to one demand. */
export interface Answer {
  /** `fails`: rows are against it. `unknown`: see `text`. `writes`: an estimate of the rows that it writes. */
  readonly state: "fine" | "fails" | "unknown" | "writes";
  readonly relation: string;
  readonly kind?: Kind;
  /** Exact for `fails`, where it could be counted; the planner's estimate for `writes`. */
  readonly rows?: number;
  /** Up to five keys of such rows: numbers and UUIDs of the primary key, otherwise their places in the table. */
  readonly keys?: readonly string[];
  /** The server's code, where a value cannot be computed. */
  readonly sqlstate?: string;
  /** All of it as a sentence. Holds no value of a row but keys. */
  readonly text: string;
}

export interface Finding extends Answer {
  readonly line: number;
  readonly column: number;
  /** PostgreSQL's command tag. */
  readonly statement: string;
}

/** Answers a question, or says why not. `waits` is the place of an earlier statement that it depends on. */
export async function answer(reader: Reader, asked: Question | Unanswerable, waits?: string): Promise<Answer> {
  const { relation } = asked;
  if ("why" in asked) return unknown(relation, asked.why);
  if (waits !== undefined)
    return { ...unknown(relation, `cannot be known before ${waits} has run`, asked), kind: asked.kind };
  if (reader.searchPath === undefined) return unknown(relation, "the search_path is not known here", asked);
  return { ...(await counted(reader, asked)), kind: asked.kind };
}

function unknown(relation: string, why: string, asked?: Question): Answer {
  const what = asked ? `whether rows of ${relation} ${asked.are}` : `the rows of ${relation}`;
  return { state: "unknown", relation, text: `not known, ${what}: ${why}` };
}

async function counted(reader: Reader, asked: Question): Promise<Answer> {
  const { relation, are, table, test, from } = asked;
  const key = await reader.keyOf(table);
  const counting = countingOf(asked, key.sql);
  if ("evaluate" in test) {
    const found = await reader.read<{ rows: string }>(`select count(${test.evaluate}) as rows from ${from}`);
    if ("rows" in found) return fine(asked);
    const { sqlstate, why, byRows } = found.refused;
    if (!byRows) return unknown(relation, why, asked);
    const some = counting && (await reader.read<{ rows: string }>(counting.count));
    const rows = some && "rows" in some ? Number(some.rows[0]?.rows) : 0;
    if (rows === 0)
      return {
        state: "fails",
        relation,
        sqlstate,
        text: `fails: some rows of ${relation} ${are} (SQLSTATE ${sqlstate})`,
      };
    return { ...failing(asked, key, await sample(reader, asked, key), rows), sqlstate };
  }
  const found = counting && (await reader.read<{ rows: string }>(counting.count));
  if (!found) return fine(asked);
  if ("refused" in found) {
    const { sqlstate, why, byRows } = found.refused;
    // A few rows may be found where all could not be counted.
    const some = sqlstate === TIMEOUT ? await sample(reader, asked, key) : [];
    if (some.length > 0) return failing(asked, key, some);
    if (!byRows) return unknown(relation, why, asked);
    return {
      state: "fails",
      relation,
      sqlstate,
      text: `fails: it cannot be told of some rows of ${relation} whether they ${are} (SQLSTATE ${sqlstate})`,
    };
  }
  const rows = Number(found.rows[0]?.rows);
  return rows === 0 ? fine(asked) : failing(asked, key, await sample(reader, asked, key), rows);
}

function fine({ relation, are }: Question): Answer {
  return { state: "fine", relation, rows: 0, text: `fine: no rows of ${relation} ${are}` };
}

/** Up to five keys of such rows. */
async function sample(reader: Reader, asked: Question, key: Key): Promise<string[]> {
  const counting = countingOf(asked, key.sql);
  const found = counting && (await reader.read<{ key: string }>(counting.sample));
  return found && "rows" in found ? found.rows.map((row) => row.key) : [];
}

/** `rows` is absent if they could not be counted in time. */
function failing({ relation, are }: Question, key: Key, keys: readonly string[], rows?: number): Answer {
  const more = rows === undefined || rows > keys.length ? "; …" : "";
  const named = keys.length > 0 ? ` (${key.names.join(",")} ${keys.join("; ")}${more})` : "";
  const what = rows === 1 ? `1 row of ${relation} ${singular(are)}` : `${amount(rows)} rows of ${relation} ${are}`;
  return { state: "fails", relation, ...(rows !== undefined && { rows }), keys, text: `fails: ${what}${named}` };
}

function amount(rows: number | undefined): string {
  return rows === undefined ? "not counted in time:" : rows.toLocaleString("en");
}

const TIMEOUT = "57014";

function singular(are: string): string {
  const [verb = "", ...rest] = are.split(" ");
  const forms: Readonly<Record<string, string>> = { have: "has", are: "is", do: "does" };
  return [forms[verb] ?? `${verb}s`, ...rest].join(" ");
}

/** Asks the planner how many rows a statement writes, without running it. */
export async function estimate(reader: Reader, relation: string, sql: string): Promise<Answer> {
  if (reader.searchPath === undefined) return unknown(relation, "the search_path is not known here");
  const found = await reader.read<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>(
    `explain (format json) ${sql}`,
  );
  if ("refused" in found) return unknown(relation, found.refused.why);
  const plan = found.rows[0]?.["QUERY PLAN"][0]?.Plan;
  const rows = plan ? written(plan) : 0;
  return {
    state: "writes",
    relation,
    rows,
    text: `writes ~${count(rows, "row").replace(/^\d+/, (n) => Number(n).toLocaleString("en"))} of ${relation}`,
  };
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Plan Rows": number;
  readonly Plans?: readonly PlanNode[];
}

function written({ "Node Type": type, "Plan Rows": rows, Plans = [] }: PlanNode): number {
  return type === "ModifyTable" ? Plans.reduce((sum, each) => Math.max(sum, each["Plan Rows"]), 0) : rows;
}
