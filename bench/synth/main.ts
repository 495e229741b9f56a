/**
 * Compares synth of every stage, as whole processes, with a Helm chart and Kustomize overlays of the same objects. See
 * ../README.md.
 */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine } from "../../lib/common/command-line";
import { runBenchmark } from "../cannot-run";
import { interleave } from "../interleave";
import { COMMON_OPTIONS, namesIn, select } from "../options";
import { type Finished, mustRun } from "../process";
import { machine, table, times, verdict } from "../report";
import { leavesOf, mustBeEqual, type Objects, STAGES } from "./objects";
import { others, type Synthesizer, synth } from "./synthesizers";

const TARGET = { ours: "ours", theirs: "helm", atMost: 0.8 };

const COMMAND_LINE = commandLine({
  name: "bench:synth",
  start: "npm run bench:synth --",
  description: "Measures the synth of every stage, whole processes, against a Helm chart and Kustomize overlays of it.",
  options: { ...COMMON_OPTIONS, runs: { ...COMMON_OPTIONS.runs, default: 21 } },
  operands: [],
});

async function main({ runs, only }: { readonly runs: number; readonly only: string | undefined }): Promise<void> {
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-bench-"));
  try {
    const ours = await synth(scratch);
    const tools = await Promise.all(select([ours, ...(await others(scratch, ours))], namesIn(only)).map(contender));
    console.log(machine());
    console.log(`\nThe same objects from each, and values in them:\n\n${await equality(tools)}`);
    const measured = await interleave(tools, runs);
    console.log(`\nAll ${STAGES.length} stages (${runs} runs):\n\n${times(measured, "helm")}`);
    console.log(verdict(measured, TARGET) ?? "");
  } finally {
    await fs.rm(scratch, { recursive: true });
  }
}

type Tool = Awaited<ReturnType<typeof contender>>;

async function contender(synthesizer: Synthesizer) {
  const commands = await synthesizer.commands();
  const run = async () => {
    const finished: Finished[] = [];
    for (const command of commands) finished.push(await mustRun(command));
    return finished;
  };
  return {
    name: synthesizer.name,
    measure: async () => (await run()).reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    async objects(): Promise<readonly Objects[]> {
      const outputs = (await run()).map(({ stdout }) => stdout);
      return Promise.all(STAGES.map((stage) => synthesizer.objects(stage, outputs)));
    },
  };
}

/** Tabulates the objects that all tools make. @throws CannotRun if a tool makes others */
async function equality(tools: readonly Tool[]): Promise<string> {
  const [first, ...rest] = await Promise.all(
    tools.map(async (tool) => ({ name: tool.name, stages: await tool.objects() })),
  );
  for (const [index, stage] of STAGES.entries()) {
    for (const { name, stages } of rest)
      mustBeEqual(stage, name, stages[index] ?? new Map(), first?.stages[index] ?? new Map());
  }
  const cells = (first?.stages ?? []).map((objects) => `${objects.size}, ${leavesOf(objects)}`);
  return table([
    ["", ...STAGES],
    ["objects, values", ...cells],
  ]);
}

void runBenchmark(COMMAND_LINE, main);
