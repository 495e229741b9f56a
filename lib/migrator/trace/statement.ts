import type { Client, DatabaseError, QueryResult } from "pg";
import type { Examined } from "../analysis/examine";
import { type Blocked, blocks, type LockMode, stronger } from "../analysis/locks";
import { differencesFrom, isTold } from "./compare";
import { type Observed, observed } from "./observe";
import { type Modes, type Snapshot, snapshot, withModes } from "./snapshot";

/** A lock or work on one relation, as the server had it. */
export interface TracedEffect {
  /** Qualified, e.g. `public.users`. */
  readonly relation: string;
  /** Made by the same file, so nobody waits for it. */
  readonly isNew: boolean;
  /** The strongest mode that it took and that was not held before. Absent if all that it needs was held. */
  readonly lock?: LockMode;
  /** The strongest mode that earlier statements of the transaction hold. Absent if there is none. */
  readonly held?: LockMode;
  /** Operations of other sessions that wait for these locks until the end of the transaction. */
  readonly blocks: Blocked;
  readonly work?: "rewrite" | "scan";
}

export interface TracedStatement {
  readonly line: number;
  readonly column: number;
  /** PostgreSQL's command tag, e.g. `ALTER TABLE`. */
  readonly kind: string;
  readonly milliseconds: number;
  /** Rows that it wrote or returned. Absent for a statement without any. */
  readonly rows?: number;
  readonly effects: readonly TracedEffect[];
  /** Whether the locks were seen from another session, which may miss brief ones. */
  readonly sampled: boolean;
  /** The server's account of its work, e.g. `rewriting table "users"`. */
  readonly told: readonly string[];
  /** Differences from what `plan` says of it. */
  readonly differences: readonly string[];
  /** Why `plan` cannot know what it does. */
  readonly unknown?: string;
  /** The server's message, if it failed. Later statements of the file are not traced. */
  readonly failed?: string;
  readonly sqlstate?: string;
}

/** Messages of level DEBUG1 that tell of work on all rows. The server does not translate them. */
const WORK = /^(rewriting table|verifying table|building index|validating foreign key constraint)\b/;

/** Runs a statement, and finds the locks that are gone when it ends. */
export type Sampling = (text: string, before: Snapshot) => Promise<Sampled>;

export interface Sampled {
  readonly result: QueryResult;
  /** Modes by object id. */
  readonly modes: Modes;
}

export interface Run {
  readonly client: Client;
  /** From before the file. */
  readonly start: Snapshot;
  /** @default the locks are still held after the statement */
  readonly sampling?: Sampling | undefined;
}

/** Runs one statement and finds out what it did. Never rejects for a failure of its SQL. */
export async function traceStatement(
  { client, start, sampling }: Run,
  text: string,
  examined: Examined,
): Promise<TracedStatement> {
  const { line, column, kind, unknown } = examined;
  const told: string[] = [];
  const listen = ({ message = "" }: { message?: string | undefined }) => {
    if (WORK.test(message) && !/\bpg_toast_/.test(message)) told.push(message);
  };
  const sampled = sampling !== undefined;
  const common = { line, column, kind, sampled, told, ...(unknown !== undefined && { unknown }) };
  const before = await snapshot(client);
  client.on("notice", listen);
  const started = performance.now();
  const run = sampling ?? (async () => ({ result: await client.query(text), modes: new Map() }));
  try {
    const { result, modes } = await run(text, before);
    const milliseconds = performance.now() - started;
    const found = observed(start, before, withModes(await snapshot(client), before, modes));
    return {
      ...common,
      milliseconds,
      ...rowsOf(result),
      effects: found.filter(isShown(examined)).map(toEffect(kind)),
      differences: differencesFrom(examined, { observed: found, told, sampled }),
    };
  } catch (error) {
    const { message: failed, code } = error as DatabaseError;
    const failure = { failed, ...(code !== undefined && { sqlstate: code }) };
    return { ...common, milliseconds: performance.now() - started, effects: [], differences: [], ...failure };
  } finally {
    client.off("notice", listen);
  }
}

/** A rule may make several results of one statement. */
function rowsOf(result: QueryResult | readonly QueryResult[]): Pick<TracedStatement, "rows"> {
  const rows = [result].flat().at(-1)?.rowCount ?? undefined;
  return rows === undefined ? {} : { rows };
}

/** Shows a relation that it locked or worked on, or that it would have locked had the lock not been held already. */
function isShown({ effects }: Examined): (each: Observed) => boolean {
  const isNamed = isTold(effects);
  const predicted = new Set(effects.map(({ relation }) => relation));
  return (each) => {
    if (each.isNew) return /^[rpvmf]$/.test(each.kind);
    return isNamed(each) && (each.lock !== undefined || each.work !== undefined || predicted.has(each.relation));
  };
}

function toEffect(kind: string) {
  return ({ relation, isNew, lock, held, work }: Observed): TracedEffect => {
    if (isNew) return { relation, isNew, blocks: "nothing" };
    const modes = { ...(lock && { lock }), ...(held && { held }) };
    const strongest = lock && held ? stronger(lock, held) : (lock ?? held);
    // TRUNCATE gives a table a new file without writing anything.
    const written = work && kind !== "TRUNCATE" ? { work } : {};
    return { relation, isNew, ...modes, blocks: strongest ? blocks(strongest) : "nothing", ...written };
  };
}
