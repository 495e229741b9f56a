import { markdown } from "../report";
import { median } from "../statistics";
import { builtIn, loadOf, mixedLoad } from "./loads";
import { figure, type Load, type Outcome } from "./pgbench";
import type { Setup } from "./setup";

/** Connections that the server keeps for superusers, and ours for looking. */
const KEPT_FREE = 4;
const ROUNDS = 3;

/** Measures each load at some numbers of clients, up to all connections, with the computed settings. */
export async function capacity(setup: Setup): Promise<void> {
  const { server, settings, mix, pgbench } = setup;
  await server.configure(settings);
  const most = Number(settings.max_connections) - KEPT_FREE;
  const loads: Readonly<Record<string, Load>> = {
    "new assessment": loadOf(setup, mix.assessment),
    "history page": loadOf(setup, mix.history),
    "data-svc's mix": mixedLoad(setup),
    "pgbench tpcb-like": builtIn(setup, "tpcb-like"),
    "pgbench select-only": builtIn(setup, "select-only"),
  };
  const rows: string[][] = [];
  for (const [name, load] of Object.entries(loads)) {
    for (const clients of [1, 8, most]) {
      const outcomes: Outcome[] = [];
      for (let round = 0; round < ROUNDS; round++) outcomes.push(await pgbench.measure({ ...load, clients }));
      rows.push([name, String(clients), ...middle(outcomes)]);
    }
  }
  const heads = ["", "clients", "TPS", "latency ms", "server's CPU ms"];
  console.log(
    `\nTransactions a second with the computed settings; ${server.group.kills} kills\n\n${markdown([heads, ...rows])}`,
  );
}

const middle = (outcomes: readonly Outcome[]) => [
  median(outcomes.map(({ tps }) => tps)).toFixed(0),
  figure(median(outcomes.map(({ latency }) => latency)), 1),
  figure(median(outcomes.map(({ cpu }) => cpu)), 3),
];

/** Measures the memory of the servers' own processes with few and with all connections under the mix. */
export async function connectionMemory(setup: Setup): Promise<void> {
  const { server, settings, pgbench } = setup;
  const most = Number(settings.max_connections) - KEPT_FREE;
  await server.configure(settings);
  const peaks: number[] = [];
  for (const clients of [1, most]) {
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, server.group.ownMemory);
    }, 50);
    await pgbench.measure(mixedLoad(setup, clients)).finally(() => clearInterval(timer));
    peaks.push(peak);
  }
  const [few = 0, all = 0] = peaks;
  const each = (all - few) / (most - 1);
  console.log(
    `\nA connection under the mix takes ${each.toFixed(1)} MiB (${few.toFixed(0)} with one, ${all.toFixed(0)} with ${most})`,
  );
}
