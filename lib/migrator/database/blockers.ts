import type { Client, ClientConfig } from "pg";
import { duration, type Log } from "../base/events";
import { connect } from "./connection";
import { describePrepared, endPrepared, PREPARED, type PreparedTransaction } from "./prepared";

/** Holds a lock which a migration waits for. */
export type Blocker = BlockingSession | PreparedTransaction;

/** Times are null if this role may not see them. */
interface BlockingSession {
  readonly pid: number;
  readonly application: string;
  readonly user: string;
  readonly state: string | null;
  readonly transactionSeconds: number | null;
  /** Seconds in that state: for an active session since its query began, for an idle one since it ended. */
  readonly stateSeconds: number | null;
  readonly query: string | null;
}

/** The server's number for every prepared transaction. */
const PREPARED_PID = 0;

const SESSIONS = `select blocker.pid, a.application_name as application, coalesce(a.usename::text, '?') as user, a.state,
    extract(epoch from clock_timestamp() - a.xact_start)::float8 as "transactionSeconds",
    extract(epoch from clock_timestamp() - case a.state when 'active' then a.query_start else a.state_change end)::float8
      as "stateSeconds", left(a.query, 100) as query
  from unnest(pg_blocking_pids($1)) blocker(pid) left join pg_stat_activity a on a.pid = blocker.pid
  where blocker.pid = ${PREPARED_PID} or a.pid is not null order by a.xact_start`;

const INTERVAL_MS = 500;

/**
 * Watches from a second connection which sessions and prepared transactions block this one. Connects only after `afterMs`, so that a quick
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
    /** Whether to tell only the first word of a query, whose rest may hold values. */
    private readonly withholdValues: boolean,
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
        const found = await findBlockers(client, this.pid);
        const blockers = this.withholdValues ? found.map(withoutValues) : found;
        if (blockers.length > 0) this.#see(blockers);
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
    const names = JSON.stringify(blockers.map((each) => ("pid" in each ? each.pid : each.prepared)));
    if (names === this.#told) return;
    this.#told = names;
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

async function findBlockers(client: Client, pid: number): Promise<Blocker[]> {
  const { rows } = await client.query<BlockingSession>(SESSIONS, [pid]);
  const sessions = rows.filter((row) => row.pid !== PREPARED_PID);
  if (sessions.length === rows.length) return sessions;
  const { rows: prepared } = await client.query<PreparedTransaction>(PREPARED, [pid]);
  return [...sessions, ...prepared];
}

function withoutValues(blocker: Blocker): Blocker {
  if (!("pid" in blocker)) return blocker;
  const [verb] = /^\s*[a-z]+/i.exec(blocker.query ?? "") ?? [];
  return { ...blocker, query: verb ? `${verb.trim()} …` : null };
}

export function describeBlockers(blockers: readonly Blocker[]): string {
  return blockers.map((each) => ("pid" in each ? describeSession(each) : describePrepared(each))).join("; ");
}

function describeSession(session: BlockingSession): string {
  const { pid, application, user, state, transactionSeconds, stateSeconds, query } = session;
  const who = `pid ${pid} (${application || "no application_name"}, role ${user}`;
  const since = transactionSeconds === null ? "" : `, in a transaction for ${duration(transactionSeconds * 1000)}`;
  const age = stateSeconds === null ? "" : ` for ${duration(stateSeconds * 1000)}`;
  const doing = state === null ? "" : `, ${state}${age}${query ? `: ${query.replace(/\s+/g, " ")}` : ""}`;
  return `${who}${since}${doing})`;
}

/** Says how to end what is in the way. */
export function endBlockers(blockers: readonly Blocker[]): string {
  const sessions = blockers.some((each) => "pid" in each);
  const prepared = blockers.flatMap((each) => ("pid" in each ? [] : [endPrepared(each)]));
  const ends = [
    ...(sessions || prepared.length === 0 ? ["End that session, or run this when it has ended."] : []),
    ...prepared,
  ];
  return ends.join(" ");
}
