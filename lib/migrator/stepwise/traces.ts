import type { Client } from "pg";
import { refusal } from "../base/errors";
import type { Log } from "../base/events";
import type { CreateIndex, Nature, Shared } from "../sql/nature";
import { type Index, indexesOf, reindexLeftovers, resolve } from "./indexes";

/**
 * The state of everything that a statement outside of a transaction will change, recorded before it starts. A later run
 * compares it with the present state, and so knows what a killed statement had done.
 */
export type Trace = Nature & {
  /** `create-index`: the table's indexes before. `reindex`: leftovers of earlier failures. */
  readonly indexes?: readonly string[];
  /** Qualified. `create-index`: the table. `drop-index` and `reindex`: the named object; null if there is none. */
  readonly target?: string | null;
  /** `detach`: whether the partition was attached. Databases and tablespaces: whether there was one. */
  readonly existed?: boolean;
};

/**
 * Records the state before a statement.
 * @throws MigrateError `refused` if an invalid index of another origin is in its way
 */
export async function observe(client: Client, nature: Nature, log: Log): Promise<Trace> {
  if (nature.kind === "create-index") return observeCreation(client, nature);
  if (nature.kind === "drop-index") return { ...nature, target: await resolve(client, nature.index) };
  if (nature.kind === "reindex") {
    const target = nature.relation === undefined ? null : await resolve(client, nature.relation);
    const indexes = names(await reindexLeftovers(client, target));
    if (indexes.length > 0) log(leftoverOfOthers(indexes));
    return { ...nature, target, indexes };
  }
  return { ...nature, existed: await exists(client, nature) };
}

async function observeCreation(client: Client, nature: CreateIndex): Promise<Trace> {
  const indexes = await indexesOf(client, nature.table);
  const inTheWay = indexes.find(({ bare, valid }) => bare === nature.index && !valid);
  if (inTheWay) throw invalidOfOthers(inTheWay);
  return { ...nature, target: await resolve(client, nature.table), indexes: names(indexes) };
}

function invalidOfOthers({ name, building }: Index) {
  return refusal("Refused:", [
    building
      ? `The index ${name} is being built by another session at this moment. Wait for it, then run this again.`
      : `There is an INVALID index ${name}, which a failed CREATE INDEX CONCURRENTLY has left; it was not this file that made it, so it is not removed. ` +
        `If nobody is at work on it: drop index concurrently ${name}. Then run this again.`,
  ]);
}

function leftoverOfOthers(indexes: readonly string[]) {
  return {
    level: "warn",
    event: "invalid-index",
    message: `An earlier REINDEX CONCURRENTLY has left ${indexes.join(", ")}, INVALID and in nobody's way. Drop it when nobody is at work on it.`,
    indexes,
  } as const;
}

/** The work to do before an interrupted statement runs again. */
export interface Settlement {
  /** Whether it had finished and only its record is missing. */
  readonly done: boolean;
  /** Statements that remove or finish its half, in order. */
  readonly repair: readonly string[];
  /** Its invalid indexes, which are dropped. */
  readonly invalid: readonly string[];
  /** Its invalid indexes that this role may not drop. */
  readonly kept: readonly string[];
}

const AGAIN: Settlement = { done: false, repair: [], invalid: [], kept: [] };
const DONE: Settlement = { ...AGAIN, done: true };

/** Compares a statement's trace with the present state. */
export async function settle(client: Client, trace: Trace): Promise<Settlement> {
  switch (trace.kind) {
    case "create-index":
      return settleCreation(await indexesOf(client, trace.target ?? trace.table), trace);
    case "drop-index":
      return trace.target && (await resolve(client, trace.target)) === null ? DONE : AGAIN;
    case "reindex":
      return dropping((await reindexLeftovers(client, trace.target ?? null)).filter(isNewSince(trace)));
    case "detach":
      return settleDetach(client, trace);
    case "plain":
    case "transaction":
      return AGAIN;
    default:
      return settleShared(await exists(client, trace), trace);
  }
}

/** If the file names no index, takes the new one that matches by uniqueness and column count. */
function settleCreation(indexes: readonly Index[], trace: Trace & CreateIndex): Settlement {
  const made = indexes.filter(isNewSince(trace)).filter(({ bare, unique, keys }) => {
    return trace.index === undefined ? unique === trace.unique && keys === trace.keys : bare === trace.index;
  });
  if (made.some(({ valid }) => valid)) return DONE;
  if (made.length <= 1) return dropping(made);
  throw refusal("Refused:", [
    `${names(made).join(" and ")} are INVALID, and which of them this file made is not known. Drop those that nobody is at work on (drop index concurrently …), then run this again.`,
  ]);
}

function isNewSince({ indexes = [] }: Trace): (index: Index) => boolean {
  return ({ name, building }) => !building && !indexes.includes(name);
}

function dropping(indexes: readonly Index[]): Settlement {
  const invalid = names(indexes.filter(({ reachable }) => reachable));
  const kept = names(indexes.filter(({ reachable }) => !reachable));
  return { done: false, invalid, kept, repair: invalid.map((name) => `drop index concurrently if exists ${name}`) };
}

async function settleDetach(client: Client, trace: Trace & Extract<Nature, { kind: "detach" }>): Promise<Settlement> {
  const { parent, partition, existed } = trace;
  const { rows } = await client.query<{ pending: boolean }>(
    "select inhdetachpending as pending from pg_inherits where inhparent = to_regclass($1) and inhrelid = to_regclass($2)",
    [parent, partition],
  );
  if (!rows[0]) return existed ? DONE : AGAIN;
  if (!rows[0].pending) return AGAIN;
  return { ...DONE, repair: [`alter table ${parent} detach partition ${partition} finalize`] };
}

function settleShared(there: boolean, { kind, existed }: Trace & Shared): Settlement {
  return there === kind.startsWith("create-") && existed !== there ? DONE : AGAIN;
}

async function exists(client: Client, nature: Nature): Promise<boolean> {
  if (nature.kind === "detach") {
    const sql = "select from pg_inherits where inhparent = to_regclass($1) and inhrelid = to_regclass($2)";
    return ((await client.query(sql, [nature.parent, nature.partition])).rowCount ?? 0) > 0;
  }
  if (!("name" in nature)) return false;
  const sql = CATALOGUES[nature.kind.slice(nature.kind.indexOf("-") + 1)] ?? "";
  return ((await client.query(sql, [nature.name])).rowCount ?? 0) > 0;
}

/** Catalogue and name column for each kind of object outside of databases. */
const CATALOGUES: Readonly<Record<string, string>> = {
  database: "select from pg_database where datname = $1",
  tablespace: "select from pg_tablespace where spcname = $1",
  subscription:
    "select from pg_subscription join pg_database d on d.oid = subdbid where datname = current_database() and subname = $1",
};

function names(indexes: readonly Index[]): string[] {
  return indexes.map(({ name }) => name);
}
