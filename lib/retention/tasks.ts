import { count } from "../migrator/base/events";
import type { Settings } from "./command-line";

/** Runs one statement in a transaction of its own. */
export type Ask = <Row extends object>(sql: string, values: readonly number[]) => Promise<Row[]>;

/** One thing that is done, independently of the others. */
export interface Task {
  /** Name in the log, e.g. `"sessions"`. */
  readonly name: string;
  /** Returns what it has done, one sentence a line. */
  readonly run: (ask: Ask, settings: Settings) => Promise<readonly string[]>;
}

/** Rows that one transaction deletes: some tens of milliseconds, and as little for a replica to replay at a time. */
const BATCH = 1000;

/** By the server's clock, so that a node's wrong one deletes nothing early. */
const PURGE = "select auth_sessions_purge(now() - make_interval(days => $1::int), $2::int) as purged";
const FORGET = "select erasure_purge(now() - make_interval(days => $1::int), $2::int) as purged";
const MAKE = "select audit_logs_make_partitions($1::int) as made";
const EXPIRE = `select partition, entries::text from audit_logs_expire(now() - make_interval(months => $1::int))`;

/** Purges batch by batch, and counts. */
async function purgeAll(ask: Ask, sql: string, days: number): Promise<number> {
  for (let all = 0; ; ) {
    const [row] = await ask<{ purged: number }>(sql, [days, BATCH]);
    const purged = row?.purged ?? 0;
    all += purged;
    if (purged < BATCH) return all;
  }
}

const partitions: Task = {
  name: "partitions",
  async run(ask, { "partitions-ahead": ahead }) {
    const [row] = await ask<{ made: number }>(MAKE, [ahead]);
    const covered = `The audit log has one for this month and ${ahead} ahead.`;
    return [row?.made ? `Made ${count(row.made, "partition")}. ${covered}` : `None to make. ${covered}`];
  },
};

const sessions: Task = {
  name: "sessions",
  async run(ask, { "session-days": days }) {
    const purged = await purgeAll(ask, PURGE, days);
    const which = `ended more than ${count(days, "day")} ago`;
    return [purged > 0 ? `Purged ${count(purged, "session")} that had ${which}.` : `None had ${which}.`];
  },
};

const audit: Task = {
  name: "audit",
  async run(ask, { "audit-months": months }) {
    const dropped = await ask<{ partition: string; entries: string }>(EXPIRE, [months]);
    if (dropped.length === 0) return [`No month of the log ended more than ${count(months, "month")} ago.`];
    return dropped.map(
      ({ partition, entries }) =>
        `Dropped ${partition} with ${entries} entries, all older than ${count(months, "month")}.`,
    );
  },
};

/** Days for which what was deleted is remembered, so that a late retry does not store it again. Queues give up within two weeks. */
const REMEMBERED_DAYS = 30;

const erasures: Task = {
  name: "erasures",
  async run(ask) {
    const forgotten = await purgeAll(ask, FORGET, REMEMBERED_DAYS);
    const which = `was deleted more than ${count(REMEMBERED_DAYS, "day")} ago`;
    return [forgotten > 0 ? `Forgot ${count(forgotten, "id")} of what ${which}.` : `Nothing to forget that ${which}.`];
  },
};

/** Every task, the one that others would miss first: without a partition, entries go to the default one. */
export const TASKS: readonly Task[] = [partitions, sessions, audit, erasures];
