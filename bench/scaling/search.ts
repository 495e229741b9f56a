import { interleave } from "../interleave";
import { markdown, verdict } from "../report";
import { median, ratio } from "../statistics";
import { mixedLoad, withSettings } from "./contenders";
import { PGBENCH } from "./data";
import { type Knob, knobs } from "./knobs";
import type { Settings } from "./limited-server";
import type { Load, Outcome } from "./pgbench";
import { Samples } from "./samples";
import type { Setup } from "./setup";

/** A value has to win by this much to be taken. Less is noise. */
const GAIN = 0.97;

/** Changes one setting after another to its best value under data-svc's mix. Returns what differs from the computed ones. */
async function descend(setup: Setup): Promise<Settings> {
  let found: Settings = {};
  for (const knob of knobs(setup.budget)) {
    const ranked = await rank(setup, found, knob);
    console.log(`  ${knob.name}: ${ranked.map(({ value, times }) => `${value} ${(1 / times).toFixed(2)}`).join(", ")}`);
    const [best] = ranked;
    if (best && best.times < GAIN) found = { ...found, [knob.name]: best.value };
  }
  return found;
}

/** Tries the values of one setting against what was found so far. `times` is the ratio of times; the best comes first. */
async function rank(setup: Setup, found: Settings, { name, values }: Knob) {
  const { settings, pace } = setup;
  const load = { ...mixedLoad(setup), seconds: pace.searchSeconds };
  const contender = (label: string, more: Settings) =>
    withSettings(setup, label, { ...settings, ...found, ...more }, load);
  const tried = values.filter((value) => value !== settings[name]).slice(0, pace.values);
  const contenders = tried.map((value) => contender(value, { [name]: value }));
  const [incumbent, ...others] = await interleave([contender("incumbent", {}), ...contenders], pace.searchRounds, 0);
  return others
    .map((other) => ({ value: other.name, times: ratio(other.times, incumbent?.times ?? []) }))
    .sort((a, b) => a.times - b.times);
}

/** Searches, and then compares the computed settings with what was found, in new interleaved rounds. */
export async function search(setup: Setup): Promise<void> {
  console.log("\nThroughput of other values as a multiple of the incumbent's (0.00: killed for its memory)");
  const found = await descend(setup);
  const names = Object.entries(found).map(([name, value]) => `${name} = ${value}`);
  console.log(`  found: ${names.join(", ") || "nothing better than the computed settings"}`);
  const loads = { mix: mixedLoad(setup), "tpcb-like": builtIn(setup, "tpcb-like") };
  for (const [name, load] of Object.entries(loads)) await compare(setup, name, load, found);
}

const builtIn = (setup: Setup, scripts: string): Load => ({ ...mixedLoad(setup), scripts, database: PGBENCH });

async function compare(setup: Setup, name: string, load: Load, found: Settings): Promise<void> {
  const outcomes = new Samples<Outcome>();
  const contender = (which: string, settings: Settings) => withSettings(setup, which, settings, load, outcomes);
  const contenders = [
    contender("current", setup.settings),
    contender("found", { ...setup.settings, ...found }),
    // Without the formula, in the same memory.
    contender("PostgreSQL's defaults", {}),
  ];
  const measured = await interleave(contenders, setup.pace.rounds, 0);
  const current = measured[0]?.times ?? [];
  const rows = measured.map(({ name: which, times }) => [
    which,
    (1000 / median(times)).toFixed(0),
    (1 / ratio(times, current)).toFixed(2),
    outcomes.median(which, ({ cpu }) => cpu).toFixed(3),
    outcomes.median(which, ({ wal }) => wal).toFixed(1),
  ]);
  const heads = ["", "TPS", "× current", "server's CPU ms", "WAL KiB"];
  console.log(`\n${name}, ${setup.pace.rounds} interleaved rounds\n\n${markdown([heads, ...rows])}\n`);
  console.log(verdict(measured, { ours: "current", theirs: "found", atMost: 1.1 }) ?? "");
}
