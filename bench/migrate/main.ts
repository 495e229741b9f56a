/** `migrate up` from an empty database, whole process, against its peers: on loopback and 5 ms away. See README.md. */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { runBenchmark } from "../cannot-run";
import { type Contender, interleave } from "../interleave";
import { parseOptions, select } from "../options";
import { mustRun } from "../process";
import { machine, type Target, times, verdict } from "../report";
import { Databases, mustAgree, viaPort } from "./databases";
import { type Actions, PEERS } from "./peers";
import { type DelayProxy, startProxy } from "./proxy";
import { readWorkload, type Workload } from "./workload";

/** How far away the database is, in milliseconds of a round trip, and what is wanted there. */
const ROUTES = [
  { title: "loopback", milliseconds: 0, target: { ours: "ours", theirs: "golang-migrate", atMost: 1.5 } },
  { title: "5 ms away", milliseconds: 5, target: { ours: "ours", theirs: "golang-migrate", atMost: 1 } },
] as const satisfies readonly { title: string; milliseconds: number; target: Target }[];

interface Bench {
  readonly server: EmbeddedPostgres;
  readonly databases: Databases;
  readonly workload: Workload;
  readonly peers: readonly { readonly name: string; readonly actions: Actions }[];
  readonly runs: number;
}

async function main(): Promise<void> {
  const { runs, only, extra } = parseOptions(process.argv.slice(2), 15, ["dir"]);
  const workload = await readWorkload("migrations", path.resolve(extra.dir ?? "migrations"));
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-bench-"));
  try {
    const peers: { name: string; actions: Actions }[] = [];
    for (const peer of select(PEERS, only)) {
      peers.push({ name: peer.name, actions: await peer.prepare(workload, scratch) });
    }
    await withServer((server, databases) => measure({ server, databases, workload, peers, runs }));
  } finally {
    await fs.rm(scratch, { recursive: true });
  }
}

async function withServer(use: (server: EmbeddedPostgres, databases: Databases) => Promise<void>): Promise<void> {
  const server = await EmbeddedPostgres.start();
  try {
    const databases = await Databases.connect(server);
    await use(server, databases).finally(() => databases.close());
  } finally {
    await server.remove();
  }
}

async function measure(bench: Bench): Promise<void> {
  console.log(machine());
  for (const route of ROUTES) {
    const proxy = await startProxy(bench.server.port, route.milliseconds);
    try {
      await measureRoute(bench, route, proxy);
    } finally {
      await proxy.close();
    }
  }
}

async function measureRoute(bench: Bench, route: (typeof ROUTES)[number], proxy: DelayProxy): Promise<void> {
  const { server, databases, workload, peers, runs } = bench;
  const trips = new Map<string, readonly string[]>();
  const away = route.milliseconds > 0;
  const port = away ? proxy.port : server.port;
  const reached = await databases.roundTrip(port);
  proxy.count();
  let expected: readonly string[] | undefined;
  const contenders = peers.map(
    ({ name, actions }): Contender => ({
      name,
      measure: () =>
        databases.withEmpty(async (database) => {
          const { milliseconds } = await mustRun(actions.up(viaPort(server.url(database), port)));
          const { connections, roundTrips } = proxy.count();
          trips.set(name, [String(roundTrips), String(connections)]);
          const tables = await databases.tables(database);
          expected ??= tables;
          mustAgree(name, tables, expected);
          return milliseconds;
        }),
    }),
  );
  const measured = await interleave(contenders, runs);
  console.log(
    `\n${workload.files.length} ${workload.title}, empty database, ${route.title} ` +
      `(${expected?.length ?? 0} tables; one \`select 1\` takes ${reached.toFixed(2)} ms; ${runs} runs)\n`,
  );
  const heads = ["round trips", "connections"];
  const counts = away ? { heads, row: (name: string) => trips.get(name) ?? [] } : undefined;
  console.log(times(measured, "golang-migrate", counts));
  const line = verdict(measured, route.target);
  if (line) console.log(line);
}

void runBenchmark(main);
