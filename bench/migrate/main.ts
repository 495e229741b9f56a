/**
 * Compares whole processes of `migrate` with its peers: from nothing, with nothing to do, near and far. See README.md.
 */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine, type Values } from "../../lib/common/command-line";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { CannotRun, runBenchmark } from "../cannot-run";
import { COMMON_OPTIONS, namesIn, select } from "../options";
import { mustRun } from "../process";
import { machine } from "../report";
import { CASES } from "./cases";
import { Databases } from "./databases";
import { measureCase, type Prepared } from "./measure";
import { measureMemory } from "./memory";
import { peersIn } from "./peers";
import { makeTables, readWorkload, type Workload } from "./workload";

const OPTIONS = {
  ...COMMON_OPTIONS,
  dir: { type: "string", placeholder: "FOLDER", help: "Folder of *.up.sql files to run. [migrations]" },
  node: {
    type: "string",
    placeholder: "PATH",
    help: "Node.js to run ours, `select 1` and the empty program in. [the one that runs this]",
  },
  cases: { type: "string", placeholder: "A,B", help: "Names of the cases to measure. [all of them]" },
} as const;

const COMMAND_LINE = commandLine({
  name: "bench:migrate",
  start: "npm run bench:migrate --",
  description:
    "Measures `migrate`, whole processes, against its peers: from nothing, with nothing to do, near and far.",
  options: OPTIONS,
  operands: [],
});

async function main(given: Values<typeof OPTIONS, []>): Promise<void> {
  const { runs, dir = "migrations", node = process.execPath } = given;
  const cases = select(CASES, namesIn(given.cases));
  const only = namesIn(given.only);
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-bench-"));
  try {
    const workloads = {
      own: await readWorkload("own migrations", path.resolve(dir)),
      thousand: await makeTables(1000, path.join(scratch, "thousand")),
    };
    const prepared: Record<string, readonly Prepared[]> = {};
    for (const name of new Set(cases.map(({ workload }) => workload))) {
      prepared[name] = await prepareAll(workloads[name], path.join(scratch, `${name}-files`), only, node);
    }
    console.log(machine());
    const { stdout } = await mustRun({ command: [node, "--version"] });
    if (node !== process.execPath) console.log(`ours, select 1 and empty Node run in Node ${stdout.trim()}`);
    await withServer(async (server, databases) => {
      for (const one of cases) {
        await measureCase({
          server,
          databases,
          peers: prepared[one.workload] ?? [],
          case: one,
          runs: runs ?? one.runs,
        });
      }
      await measureMemory(databases, server, prepared.thousand ?? [], scratch, node);
    });
  } finally {
    await fs.rm(scratch, { recursive: true });
  }
}

/** Prepares the peers. Leaves an unavailable one out with the reason, unless the command line names it. */
async function prepareAll(
  workload: Workload,
  scratch: string,
  only: ReadonlySet<string> | undefined,
  node: string,
): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const peer of select(peersIn(node), only)) {
    const folder = path.join(scratch, peer.name.replace(/\W/g, "-"));
    await fs.mkdir(folder, { recursive: true });
    try {
      prepared.push({ peer, actions: await peer.prepare(workload, folder) });
    } catch (error) {
      if (only || !(error instanceof CannotRun)) throw error;
      console.log(`left out: ${peer.name}: ${error.message}`);
    }
  }
  return prepared;
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

void runBenchmark(COMMAND_LINE, main);
