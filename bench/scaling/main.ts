/**
 * Measures what one StatefulSet holds at a stage's limits, and compares the settings that lib/postgres computes with the
 * best that a search finds. See ../README.md and docs/scaling.md.
 */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine, type Values } from "../../lib/common/command-line";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import type { Stage } from "../../lib/stages/stage";
import { staging } from "../../lib/stages/staging";
import { runBenchmark } from "../cannot-run";
import { namesIn, select } from "../options";
import { machine } from "../report";
import { capacity, connectionMemory } from "./capacity";
import { createDatabases, fill, PGBENCH, rowSizes } from "./data";
import { growth } from "./growth";
import { LimitedServer } from "./limited-server";
import { writeMix } from "./mix";
import { partitions } from "./partitions";
import { findPgbench, Pgbench } from "./pgbench";
import { pooler } from "./pooler";
import { search } from "./search";
import { budgetOf, FULL, QUICK, type Setup, settingsOf } from "./setup";

const STAGES: readonly Stage[] = [dev, staging, prod];

const OPTIONS = {
  quick: { type: "boolean", help: "Two minutes: dev alone, data that fits, short rounds, few settings." },
  only: { type: "string", placeholder: "A,B", help: "Stages whose limits are measured. [dev,prod]" },
  parts: { type: "string", placeholder: "A,B", help: "Parts to measure. [all of them]" },
  data: {
    type: "string",
    placeholder: "SIZE",
    choices: ["fits", "exceeds", "both"],
    help: "Data of a quarter of the memory, of one and a half times the memory, or first one and then the other. [both]",
  },
  folder: { type: "string", placeholder: "FOLDER", help: "Where the data goes. [the system's temporary folder]" },
} as const;

const COMMAND_LINE = commandLine({
  name: "bench:scaling",
  start: "npm run bench:scaling --",
  description:
    "Measures PostgreSQL within the limits of a stage's container: load, connections, pooler, partitions, bytes of a row; " +
    "compares the computed settings with the best that a search finds.",
  options: OPTIONS,
  operands: [],
});

const PARTS: readonly { readonly name: string; readonly run: (setup: Setup) => Promise<void> }[] = [
  {
    name: "sizes",
    run: async ({ server }) =>
      console.log(`\nBytes of a row, and what follows from them\n\n${growth(await rowSizes(server))}`),
  },
  { name: "capacity", run: capacity },
  { name: "connections", run: connectionMemory },
  { name: "search", run: search },
  { name: "pooler", run: pooler },
  { name: "partitions", run: partitions },
];

/** Data of each size, as a share of the memory. */
const SIZES = { fits: 0.25, exceeds: 1.5 } as const;
/** The parts that depend on whether the data fits into the memory. */
const DEPENDING = ["capacity", "search"];
/** About the size of a person's rows after five years, so that a filled database looks as old as it will be. */
const MEBIBYTES_A_PERSON = 0.025;
const MEBIBYTES_A_SCALE = 15;

async function main(given: Values<typeof OPTIONS, []>): Promise<void> {
  const pgbench = await findPgbench(process.env);
  const stages = select(STAGES, namesIn(given.only ?? (given.quick ? "dev" : "dev,prod")));
  const parts = select(PARTS, namesIn(given.parts));
  const which = given.quick ? "fits" : (given.data ?? "both");
  const sizes = which === "both" ? (["fits", "exceeds"] as const) : [which];
  console.log(machine());
  for (const stage of stages) {
    const work = await fs.mkdtemp(path.join(given.folder ?? os.tmpdir(), "bench-scaling-"));
    // The server may run as another user, who has to get through this folder.
    await fs.chmod(work, 0o755);
    try {
      await measureStage({ stage, work, pgbench, parts, sizes, pace: given.quick ? QUICK : FULL });
    } finally {
      await fs.rm(work, { recursive: true, force: true });
    }
  }
}

interface Asked extends Pick<Setup, "pace"> {
  readonly stage: Stage;
  readonly work: string;
  /** pgbench's path. */
  readonly pgbench: string;
  readonly parts: typeof PARTS;
  readonly sizes: readonly (keyof typeof SIZES)[];
}

async function measureStage({ stage, work, pgbench: program, parts, sizes, pace }: Asked): Promise<void> {
  const budget = budgetOf(stage);
  const settings = settingsOf(budget);
  const server = await LimitedServer.start(work);
  try {
    const people = Math.ceil((budget.memory * SIZES.fits) / MEBIBYTES_A_PERSON);
    const pgbench = new Pgbench(program, server);
    const mix = await writeMix(work, people);
    for (const size of sizes) {
      server.group.unlimit();
      await server.configure({ ...settings, max_wal_size: "4GB" });
      if (size === sizes[0]) await createDatabases(server, people);
      const filled = await fill(server, people, budget.memory * SIZES[size]);
      await pgbench.initialise(PGBENCH, Math.max(1, Math.round((budget.memory * SIZES[size]) / MEBIBYTES_A_SCALE)));
      server.limit(budget);
      console.log(
        `\n${stage.name}: ${budget.memory} MiB, ${budget.cpu} cores; ${filled.toFixed(0)} MiB of data, ` +
          `${people} people; load ${os.loadavg()[0]?.toFixed(1)}, ${new Date().toISOString()}`,
      );
      for (const part of parts) {
        if (size !== sizes[0] && !DEPENDING.includes(part.name)) continue;
        await part.run({ stage: stage.name, budget, work, settings, server, pgbench, mix, pace });
      }
    }
  } finally {
    await server.remove();
  }
}

runBenchmark(COMMAND_LINE, main);
