import type { Client, ClientConfig } from "pg";
import { type Examined, examine } from "../analysis/examine";
import { readSchema } from "../analysis/read-schema";
import type { Settings } from "../base/options";
import { readText } from "../base/text";
import { connect, EVERY_ROW } from "../database/connection";
import { announcedPid } from "../database/pooler";
import type { Migration } from "../files/folder";
import { natureOf } from "../sql/nature";
import { ParseError, parse } from "../sql/parser";
import { prepare, type Script } from "../sql/script";
import { sample } from "./sample";
import { type Snapshot, snapshot } from "./snapshot";
import { type Sampling, type TracedStatement, traceStatement } from "./statement";

export type { TracedEffect, TracedStatement } from "./statement";

/** One up file, run on a scratch database. */
export interface TracedMigration {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  /** Whether it ran as one transaction; if not, statement by statement. */
  readonly transactional: boolean;
  /** In order, up to the first that failed. */
  readonly statements: readonly TracedStatement[];
}

type Limits = Pick<Settings, "signal" | "overrideReadOnly" | "lockTimeoutSeconds" | "statementTimeoutSeconds">;

/** Codes by which the server refuses a statement in a transaction: one that ends it, or one that has its own. */
const NOT_IN_TRANSACTION = new Set(["25001", "2D000"]);

/**
 * Runs an up file statement by statement, and reads from the server what each locks, reads and rewrites. Rolls a
 * transactional file back, after what is deferred to COMMIT has run; any other one leaves its effects.
 */
export async function traceUp(
  connection: ClientConfig,
  migration: Migration,
  { signal, overrideReadOnly, lockTimeoutSeconds, statementTimeoutSeconds }: Limits,
): Promise<TracedMigration> {
  const { version, name, files } = migration;
  const purpose = "migrate trace";
  const open = () => connect({ connection, purpose, tries: () => 1, overrideReadOnly, ...(signal && { signal }) });
  const client = await open();
  const watcher = await open().catch(async (error: unknown) => {
    await client.end();
    throw error;
  });
  const cancel = () => {
    // The run that follows reports the signal.
    watcher.query("select pg_catalog.pg_cancel_backend($1)", [announcedPid(client)]).catch(() => {});
  };
  signal?.addEventListener("abort", cancel);
  try {
    await client.query(
      `set client_min_messages = debug1; set lock_timeout = '${lockTimeoutSeconds}s'; set statement_timeout = '${statementTimeoutSeconds}s'; set ${EVERY_ROW}`,
    );
    const script = await prepare(files.up, readText(files.up, []) ?? "");
    const { transactional } = script;
    const statements = script.problems.length > 0 ? [] : await traceScript(client, watcher, script).catch(unparsed);
    return { version, name, file: files.up, transactional, statements };
  } finally {
    signal?.removeEventListener("abort", cancel);
    await watcher.end();
    await client.end();
  }
}

/** Leaves it to the run itself to report a text that cannot be parsed. */
function unparsed(error: unknown): [] {
  if (error instanceof ParseError) return [];
  throw error;
}

/** The server's session, and another one that watches it. */
interface Sessions {
  readonly client: Client;
  readonly watcher: Client;
  /** From before the file. */
  readonly start: Snapshot;
}

async function traceScript(
  client: Client,
  watcher: Client,
  { text, transactional }: Script,
): Promise<TracedStatement[]> {
  const examined = await examine(text, await readSchema(client), { transactional });
  const natures = (await parse(text)).map(({ node }) => natureOf(node).kind);
  const sessions = { client, watcher, start: await snapshot(client) };
  const traced: TracedStatement[] = [];
  if (transactional) await client.query("begin");
  for (const [index, each] of examined.entries()) {
    const sql = text.slice(each.start, each.end);
    const one = transactional
      ? await traceStatement(sessions, sql, each)
      : await traceByItself(sessions, sql, each, natures[index] === "transaction");
    traced.push(one);
    if (one.failed !== undefined) break;
  }
  if (!transactional) return traced;
  const deferred = traced.every(({ failed }) => failed === undefined) ? await traceDeferred(sessions, examined) : [];
  await client.query("rollback");
  return [...traced, ...deferred];
}

/** Runs the triggers and checks that wait for COMMIT. Returns them only if they did or refused anything. */
async function traceDeferred(sessions: Sessions, examined: readonly Examined[]): Promise<TracedStatement[]> {
  const last = examined.at(-1);
  if (!last) return [];
  const commit = { ...last, kind: "COMMIT", effects: [], unknown: "deferred triggers run then" };
  const traced = await traceStatement(sessions, "set constraints all immediate", commit);
  return traced.effects.length > 0 || traced.failed !== undefined ? [traced] : [];
}

/** Runs a statement in a transaction of its own, or without one if the server refuses that. */
async function traceByItself(sessions: Sessions, sql: string, examined: Examined, inTransaction: boolean) {
  const { client, watcher } = sessions;
  if (inTransaction) {
    await client.query("begin");
    const traced = await traceStatement(sessions, sql, examined);
    await client.query(traced.failed === undefined ? "commit" : "rollback");
    if (!NOT_IN_TRANSACTION.has(traced.sqlstate ?? "")) return traced;
  }
  const tables = examined.effects.map(({ relation }) => relation);
  const sampling: Sampling = (text, before) => sample(client, watcher, text, before, tables);
  return traceStatement({ ...sessions, sampling }, sql, examined);
}
