import type { Client, ClientConfig } from "pg";
import { duration, type Log } from "../base/events";
import { connect } from "./connection";

/** A session that holds a lock which a migration waits for. Times are null if this role may not see them. */
export interface Blocker {
  readonly pid: number;
  readonly application: string;
  readonly user: string;
  readonly state: string | null;
  readonly transactionSeconds: number | null;
  /** Seconds in that state: for an active session since its query began, for an idle one since it ended. */
  readonly stateSeconds: number | null;
  readonly query: string | null;
}

const BLOCKERS = `select a.pid, a.application_name as application, coalesce(a.usename::text, '?') as user, a.state,
    extract(epoch from clock_timestamp() - a.xact_start)::float8 as "transactionSeconds",
    extract(epoch from clock_timestamp() - case a.state when 'active' then a.query_start else a.state_change end)::float8
      as "stateSeconds", left(a.query, 100) as query
  from unnest(pg_blocking_pids($1)) blocker(pid) join pg_stat_activity a using (pid) order by a.xact_start`;

const INTERVAL_MS = 500;

/**
 * Watches from a second connection which sessions block this one. Connects only after `afterMs`, so that a quick
 * migration costs nothing.
 */
export class BlockerWatch {
  /** Blockers seen last. */
  blockers: readonly Blocker[] = [];
  #stopped = false;
  #told = "";
  #timer: NodeJS.Timeout;
  #watching: Promise<void> | undefined;

  constructor(
    private readonly connection: ClientConfig,
    private readonly pid: number,
    afterMs: number,
    private readonly log: Log,
  ) {
    this.#timer = setTimeout(() => {
      this.#watching = this.#watch();
    }, afterMs);
  }

  /** Ends the watch and its connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#watching;
  }

  async #watch(): Promise<void> {
    let client: Client | undefined;
    try {
      client = await connect({ connection: this.connection, purpose: "migrate watch", tries: () => 1 });
      while (!this.#stopped) {
        const { rows } = await client.query<Blocker>(BLOCKERS, [this.pid]);
        if (rows.length > 0) this.#see(rows);
        await this.#rest();
      }
    } catch (error) {
      // The migration does not depend on this. Without it a lock timeout names nobody.
      this.log({ level: "warn", event: "watch-failed", message: `Cannot see who blocks whom: ${String(error)}` });
    } finally {
      await client?.end();
    }
  }

  #see(blockers: readonly Blocker[]): void {
    this.blockers = blockers;
    const pids = blockers.map(({ pid }) => pid).join(",");
    if (pids === this.#told) return;
    this.#told = pids;
    this.log({
      level: "warn",
      event: "blocked",
      message: `Waiting for a lock that is held by ${describeBlockers(blockers)}.`,
      blockers,
    });
  }

  /** Short steps, so that `stop` does not wait for the whole interval. */
  async #rest(): Promise<void> {
    for (let rested = 0; rested < INTERVAL_MS && !this.#stopped; rested += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export function describeBlockers(blockers: readonly Blocker[]): string {
  return blockers
    .map(({ pid, application, user, state, transactionSeconds, stateSeconds, query }) => {
      const who = `pid ${pid} (${application || "no application_name"}, role ${user}`;
      const since = transactionSeconds === null ? "" : `, in a transaction for ${duration(transactionSeconds * 1000)}`;
      const age = stateSeconds === null ? "" : ` for ${duration(stateSeconds * 1000)}`;
      const doing = state === null ? "" : `, ${state}${age}${query ? `: ${query.replace(/\s+/g, " ")}` : ""}`;
      return `${who}${since}${doing})`;
    })
    .join("; ");
}
