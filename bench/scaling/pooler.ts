import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { interleave } from "../interleave";
import { PgBouncer } from "../pgbouncer";
import { findProgram } from "../process";
import { markdown } from "../report";
import { median, ratio } from "../statistics";
import { DATABASE } from "./data";
import { figure, type Load, type Outcome } from "./pgbench";
import { Samples } from "./samples";
import type { Setup } from "./setup";

/** Connections that the pooler keeps to the server. */
const POOL = 8;
/** More clients than any of the computed settings accepts. */
const CROWD = 200;

/** Compares kept and new connections, straight and through PgBouncer. Says so where there is none. */
export async function pooler(setup: Setup): Promise<void> {
  const program = await findPgBouncer();
  if (!program) {
    console.log("\nThere is no pgbouncer here (Debian's package has that name), so a pooler was not measured.");
    return;
  }
  const bouncer = new PgBouncer(program);
  await setup.server.configure(setup.settings);
  await bouncer.start(setup.server.postgres, {
    pool_mode: "transaction",
    default_pool_size: String(POOL),
    max_client_conn: String(2 * CROWD),
    log_connections: "0",
    log_disconnections: "0",
  });
  try {
    await compare(setup, bouncer.port);
  } finally {
    await bouncer.stop();
  }
}

async function compare(setup: Setup, port: number): Promise<void> {
  const read: Load = {
    scripts: [{ file: setup.mix.history, weight: 1 }],
    database: DATABASE,
    clients: POOL,
    seconds: setup.pace.seconds,
    protocol: "extended",
  };
  const loads: Readonly<Record<string, Load>> = {
    "straight, kept, prepared": { ...read, protocol: "prepared" },
    "straight, kept": read,
    "pooler, kept": { ...read, port },
    "straight, new each time": { ...read, reconnect: true },
    "pooler, new each time": { ...read, port, reconnect: true },
    [`pooler, ${CROWD} clients`]: { ...read, port, clients: CROWD },
  };
  const outcomes = new Samples<Outcome>();
  const contender = ([name, load]: [string, Load]) => ({
    name,
    async measure() {
      const outcome = await setup.pgbench.measure(load);
      outcomes.add(name, outcome);
      return 1000 / outcome.tps;
    },
  });
  const measured = await interleave(Object.entries(loads).map(contender), setup.pace.rounds);
  const first = measured[0]?.times ?? [];
  const rows = measured.map(({ name, times }) => [
    name,
    (1000 / median(times)).toFixed(0),
    (1 / ratio(times, first)).toFixed(2),
    figure(
      outcomes.median(name, ({ cpu }) => cpu),
      3,
    ),
  ]);
  console.log(
    `\nHistory pages, ${POOL} clients unless said\n\n${markdown([["", "TPS", "× first", "server's CPU ms"], ...rows])}`,
  );
}

async function findPgBouncer(): Promise<string | undefined> {
  const file = "/usr/sbin/pgbouncer";
  const there = await fs.access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  return there ? file : findProgram("pgbouncer");
}
