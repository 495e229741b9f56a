import { markdown } from "../report";
import { median } from "../statistics";
import { type Knob, knobs } from "./knobs";
import type { Settings } from "./limited-server";
import { builtIn, mixedLoad } from "./loads";
import type { Load, Outcome } from "./pgbench";
import type { Setup } from "./setup";
import { ratioOf, Twins } from "./twins";

/**
 * A value has to win by this much to be taken, in transactions and in processor time: on a busy machine, transactions alone
 * are luck.
 */
const LEAST_GAIN = 1.03;
/** The found settings may do this many times the computed ones' transactions. */
const WANTED = 1.1;

/** Searches for better settings, and then compares the computed ones with what was found and with PostgreSQL's. */
export async function search(setup: Setup): Promise<void> {
  const twins = await Twins.of(setup);
  try {
    console.log("\nTransactions with another value, as a multiple of those without (and processor time)\n");
    const found = await descend(setup, twins);
    const names = Object.entries(found).map(([name, value]) => `${name} = ${value}`);
    console.log(`- found: ${names.join(", ") || "nothing better than the computed settings"}`);
    await report(setup, twins, found);
  } finally {
    await twins.remove();
  }
}

/** Changes one setting after another to its best value under data-svc's mix. Returns what differs from the computed ones. */
async function descend(setup: Setup, twins: Twins): Promise<Settings> {
  let found: Settings = {};
  for (const knob of knobs(setup.budget)) {
    const ranked = await rank(setup, twins, found, knob);
    console.log(`- ${knob.name}: ${ranked.map(shown).join(", ")}`);
    const best = ranked.find(({ gained, cpu: spent }) => gained > LEAST_GAIN && 1 / spent > LEAST_GAIN);
    if (best) found = { ...found, [knob.name]: best.value };
  }
  return found;
}

/** Tries the values of one setting against what was found so far. The best comes first. */
async function rank(setup: Setup, twins: Twins, found: Settings, { name, values }: Knob) {
  const { settings, pace } = setup;
  const load = { ...mixedLoad(setup), seconds: pace.searchSeconds };
  const incumbent = { ...settings, ...found };
  const ranked: { readonly value: string; readonly gained: number; readonly cpu: number }[] = [];
  for (const value of values.filter((one) => one !== settings[name]).slice(0, pace.values)) {
    const compared = await twins.compare({ ...incumbent, [name]: value }, incumbent, load, pace.searchRounds);
    ranked.push({ value, gained: ratioOf(compared, tps), cpu: ratioOf(compared, cpu) });
  }
  return ranked.sort((a, b) => b.gained - a.gained);
}

const tps = (outcome: Outcome) => outcome.tps;
const cpu = (outcome: Outcome) => outcome.cpu;
const shown = ({ value, gained, cpu: spent }: { value: string; gained: number; cpu: number }) =>
  `${value} ${gained.toFixed(2)} (${spent.toFixed(2)})`;

async function report(setup: Setup, twins: Twins, found: Settings): Promise<void> {
  const loads = { "data-svc's mix": mixedLoad(setup), "pgbench tpcb-like": builtIn(setup, "tpcb-like") };
  const others = { found: { ...setup.settings, ...found }, "PostgreSQL's defaults": {} };
  const rows: string[][] = [];
  for (const [loadName, load] of Object.entries(loads)) {
    for (const [name, settings] of Object.entries(others)) {
      rows.push([loadName, name, ...(await against(setup, twins, settings, load))]);
    }
  }
  const heads = [
    "",
    "settings",
    "TPS",
    "computed TPS",
    "ratio",
    "CPU ms",
    "computed CPU ms",
    "ratio",
    "WAL KiB",
    "computed",
  ];
  console.log(`\n${setup.pace.rounds} rounds; the server's processor time and WAL for a transaction\n`);
  console.log(markdown([heads, ...rows]));
}

/** Compares settings with the computed ones. */
async function against({ settings, pace }: Setup, twins: Twins, others: Settings, load: Load): Promise<string[]> {
  const compared = await twins.compare(others, settings, load, pace.rounds);
  const pair = (figure: (outcome: Outcome) => number, digits: number) =>
    [compared.one, compared.other].map((list) => median(list.map(figure)).toFixed(digits));
  const gained = ratioOf(compared, tps);
  return [
    ...pair(tps, 0),
    `${gained.toFixed(2)}${gained > WANTED ? `: MISSED, wanted at most ${WANTED}` : ""}`,
    ...pair(cpu, 3),
    ratioOf(compared, cpu).toFixed(2),
    ...pair(({ wal }) => wal, 1),
  ];
}
