import type { Client } from "pg";
import { refusal } from "../base/errors";
import type { Log } from "../base/events";
import type { CreateIndex, Nature, Shared } from "../sql/nature";
import { type Index, indexesOf, reindexLeftovers, resolve } from "./indexes";

/**
 * What a statement outside of a transaction is about to change, recorded before it starts: a later run compares it with
 * what is there then, and so knows what the statement had done when it was killed.
 */
export type Trace = Nature & {
  /** `create-index`: the table's indexes before. `reindex`: what earlier failures had left. */
  readonly indexes?: readonly string[];
  /** With its schema. `create-index`: the table. `drop-index`, `reindex`: what is named; null for none. */
  readonly target?: string | null;
  /** `detach`: whether it was attached. Databases and the like: whether there was one. */
  readonly existed?: boolean;
};

/** Looks at what a statement is about to change. @throws MigrateError `refused` where an invalid index of others is in its way */
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

/** What has to be done before a statement that was begun and not finished runs again. */
export interface Settlement {
  /** It had finished, and only that had not been recorded. */
  readonly done: boolean;
  /** Statements that take away or finish its half, in order. */
  readonly repair: readonly string[];
  /** Invalid indexes that it left, and that are dropped. */
  readonly invalid: readonly string[];
  /** Invalid indexes that it left, and that this role may not drop. */
  readonly kept: readonly string[];
}

const AGAIN: Settlement = { done: false, repair: [], invalid: [], kept: [] };
const DONE: Settlement = { ...AGAIN, done: true };

/** Compares what a statement found when it began with what is there now. */
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

/** Of an index without a name in the file the one that is new, and like it. */
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

/** Where the server keeps what a statement creates or drops, by its kind. */
const CATALOGUES: Readonly<Record<string, string>> = {
  database: "select from pg_database where datname = $1",
  tablespace: "select from pg_tablespace where spcname = $1",
  subscription:
    "select from pg_subscription join pg_database d on d.oid = subdbid where datname = current_database() and subname = $1",
};

function names(indexes: readonly Index[]): string[] {
  return indexes.map(({ name }) => name);
}
