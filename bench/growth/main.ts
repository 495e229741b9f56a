/**
 * Measures whether the queries of the data model stay as fast when the data grows a hundredfold, and how large it is then. See
 * ../README.md and docs/scaling.md.
 */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine, type Values } from "../../lib/common/command-line";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import type { Stage } from "../../lib/stages/stage";
import { staging } from "../../lib/stages/staging";
import { CannotRun, runBenchmark } from "../cannot-run";
import { machine, markdown } from "../report";
import { rowSizes } from "../scaling/data";
import { LimitedServer } from "../scaling/limited-server";
import { budgetOf, settingsOf } from "../scaling/setup";
import { compare } from "./compare";
import { type Filled, fillDatabase } from "./database";
import { rowsIn, type Size, sizeOf } from "./size";
import { writeAheadLog } from "./write-ahead-log";

const STAGES: Readonly<Record<string, Stage>> = { dev, staging, prod };

const OPTIONS = {
  assessments: { type: "string", placeholder: "ROWS", help: "Assessments of the large database, such as 2.5M. [1M]" },
  audit: { type: "string", placeholder: "ROWS", help: "Its audit rows. [ten for each assessment]" },
  small: {
    type: "string",
    placeholder: "ROWS",
    help: "Assessments of the small one; its audit rows are in proportion. [100k]",
  },
  stage: {
    type: "string",
    placeholder: "STAGE",
    choices: Object.keys(STAGES),
    help: "Whose limits and settings. [prod]",
  },
  samples: { type: "number", placeholder: "N", least: 100, default: 1000, help: "Times that each query is asked." },
  folder: { type: "string", placeholder: "FOLDER", help: "Where the data goes. [the system's temporary folder]" },
} as const;

const COMMAND_LINE = commandLine({
  name: "bench:growth",
  start: "npm run bench:growth --",
  description:
    "Fills a small and a large database, asks both each query of the data model, and compares plans and times; measures bytes of a " +
    "row, and of write-ahead log for a request.",
  options: OPTIONS,
  operands: [],
});

async function main(given: Values<typeof OPTIONS, []>): Promise<void> {
  const assessments = rowsIn("assessments", given.assessments ?? "1M");
  const audit = given.audit === undefined ? assessments * 10 : rowsIn("audit", given.audit);
  const small = rowsIn("small", given.small ?? "100k");
  const sizes = [
    sizeOf("small", small, Math.round((audit / assessments) * small)),
    sizeOf("large", assessments, audit),
  ];
  const folder = given.folder ?? os.tmpdir();
  await requireSpace(folder, sizes);
  const work = await fs.mkdtemp(path.join(folder, "bench-growth-"));
  // The server may run as another user, who has to get through this folder.
  await fs.chmod(work, 0o755);
  try {
    const server = await LimitedServer.start(work);
    try {
      await Promise.race([measure(server, sizes, { ...given, work }), interruption()]);
    } finally {
      await server.remove();
    }
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

/** Bytes on disk of a row with its indexes and what depends on it, as docs/scaling.md has them, and of everything else. */
const BYTES = { assessments: 1410, audit: 655, log: 1.5e9 };

async function requireSpace(folder: string, sizes: readonly Size[]): Promise<void> {
  const needed = sizes.reduce(
    (sum, size) => sum + size.assessments * BYTES.assessments + size.audit * BYTES.audit,
    BYTES.log,
  );
  const { bavail, bsize } = await fs.statfs(folder);
  if (bavail * bsize > needed) return;
  const [has, needs] = [bavail * bsize, needed].map((bytes) => (bytes / 1e9).toFixed(0));
  throw new CannotRun(
    `It needs some ${needs} GB in ${folder}, which has ${has}. Ask for fewer rows, or name another --folder.`,
  );
}

/** Rejects when somebody stops us, so that what was made is removed. */
const interruption = () =>
  new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => reject(new CannotRun(`stopped by ${signal}. Everything is removed.`)));
    }
  });

interface Asked {
  readonly stage?: string | undefined;
  readonly samples: number;
  readonly work: string;
}

async function measure(
  server: LimitedServer,
  sizes: readonly Size[],
  { stage = "prod", samples, work }: Asked,
): Promise<void> {
  const budget = budgetOf(STAGES[stage] ?? prod);
  console.log(`${machine()}\n${stage}: ${budget.memory} MiB, ${budget.cpu} cores; ${new Date().toISOString()}`);
  await server.configure({ ...settingsOf(budget), max_wal_size: "1GB", autovacuum: "off" });
  const filled: Filled[] = [];
  for (const size of sizes) filled.push(await fill(server, size));
  server.limit(budget);
  await server.configure(settingsOf(budget));
  const [small, large] = filled;
  if (small && large) console.log(`\n${await compare(server, [small, large], samples)}`);
  console.log(`\n${await writeAheadLog(server, filled, work)}`);
}

async function fill(server: LimitedServer, size: Size): Promise<Filled> {
  const filled = await fillDatabase(server, size);
  const sizes = await rowSizes(server, filled.database);
  const bytes = sizes.reduce((sum, { rows, heap, indexes }) => sum + rows * (heap + indexes), 0);
  console.log(
    `\n${size.name}: ${size.assessments} assessments, ${size.audit} audit rows, ${(bytes / 1e9).toFixed(1)} GB\n`,
  );
  const rates = filled.rates.map(({ rows, aSecond }) => `- ${rows}: ${aSecond.toFixed(0)} a second`);
  console.log(
    `${tableOf(sizes)}\n\nFilled in large statements, without triggers and foreign keys:\n\n${rates.join("\n")}`,
  );
  return filled;
}

const tableOf = (sizes: Awaited<ReturnType<typeof rowSizes>>) =>
  markdown([
    ["", "rows", "row B", "its indexes B"],
    ...sizes.map(({ table, rows, heap, indexes }) => [table, String(rows), heap.toFixed(0), indexes.toFixed(0)]),
  ]);

runBenchmark(COMMAND_LINE, main);
