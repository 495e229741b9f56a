import type { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { type Contender, interleave, type Measured } from "../interleave";
import { type Command, mustRun } from "../process";
import { times, verdict } from "../report";
import { median } from "../statistics";
import type { Case, Wanted } from "./cases";
import { type Databases, mustAgree, viaPort } from "./databases";
import type { Actions, Peer } from "./peer";
import { type DelayProxy, startProxy } from "./proxy";

export interface Prepared {
  readonly peer: Peer;
  readonly actions: Actions;
}

export interface Measuring {
  readonly server: EmbeddedPostgres;
  readonly databases: Databases;
  readonly peers: readonly Prepared[];
  readonly case: Case;
  readonly runs: number;
}

/** Measures one case and prints it. */
export async function measureCase(measuring: Measuring): Promise<void> {
  const proxy = await startProxy(measuring.server.port, measuring.case.milliseconds);
  try {
    await measure(measuring, proxy);
  } finally {
    await proxy.close();
  }
}

async function measure({ server, databases, peers, case: what, runs }: Measuring, proxy: DelayProxy): Promise<void> {
  const away = what.milliseconds > 0;
  const port = away ? proxy.port : server.port;
  const reached = await databases.roundTrip(port);
  const trips = new Map<string, readonly string[]>();
  const timed = async (name: string, command: Command) => {
    proxy.count();
    const { milliseconds } = await mustRun(command);
    const { connections, roundTrips } = proxy.count();
    trips.set(name, [String(roundTrips), String(connections)]);
    return milliseconds;
  };
  const tables = new Map<string, readonly string[]>();
  const contenders: Contender[] = [];
  const made: string[] = [];
  for (const { peer, actions } of peers) {
    const { name } = peer;
    const command = what.action === "status" ? actions.status : (actions.up ?? actions.status);
    // Skips `psql` here, since it would make every table once more.
    if (!command || (what.action !== "up" && name === "psql -1") || (what.action === "up" && !actions.up)) continue;
    if (what.action === "up") {
      const measure = () =>
        databases.withEmpty(async (database) => {
          const milliseconds = await timed(name, command(viaPort(server.url(database), port)));
          tables.set(name, await databases.tables(database));
          return milliseconds;
        });
      contenders.push({ name, measure });
    } else {
      const database = await databases.make();
      made.push(database);
      if (actions.up) await mustRun(actions.up(viaPort(server.url(database), server.port)));
      contenders.push({ name, measure: () => timed(name, command(viaPort(server.url(database), port))) });
    }
  }
  // Skips the warm-up of a single run: such a case takes a minute, and needs no warm cache.
  const measured = await interleave(contenders, runs, runs > 1 ? 1 : 0);
  for (const [name, found] of tables) mustAgree(name, found, tables.get("ours") ?? found);
  for (const database of made) await databases.drop(database);
  console.log(`\n${what.title} (one \`select 1\` takes ${reached.toFixed(2)} ms; ${runs} runs)\n`);
  const counts = { heads: ["round trips", "connections"], row: (name: string) => trips.get(name) ?? [] };
  console.log(times(measured, what.action === "up" ? "golang-migrate" : "select 1", away ? counts : undefined));
  for (const wanted of what.targets) tell(measured, wanted, peers);
}

function tell(measured: readonly Measured[], { theirs, atMost }: Wanted, peers: readonly Prepared[]): void {
  const competing = measured.filter(({ name }) =>
    peers.some(({ peer }) => peer.name === name && peer.competes !== false),
  );
  const [fastest] = [...competing].sort((a, b) => median(a.times) - median(b.times));
  const name = theirs === "fastest" ? fastest?.name : theirs;
  const line = name && verdict(measured, { ours: "ours", theirs: name, atMost });
  if (line) console.log(line);
}
