/** Synth of every stage, whole processes, against equivalent Helm charts and Kustomize overlays. See ../README.md. */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine } from "../../lib/common/command-line";
import { runBenchmark } from "../cannot-run";
import { interleave } from "../interleave";
import { COMMON_OPTIONS, namesIn, select } from "../options";
import { mustRun } from "../process";
import { machine, table, times, verdict } from "../report";
import { mustBeEquivalent, type Objects, objectsIn, total } from "./objects";
import { type Prepared, STAGES, SYNTHESIZERS } from "./synthesizers";

const TARGET = { ours: "ours", theirs: "helm", atMost: 0.8 };

type Tool = Prepared & { readonly name: string };

const COMMAND_LINE = commandLine({
  name: "bench:synth",
  start: "npm run bench:synth --",
  description:
    "Measures the synth of every stage, whole processes, against equivalent Helm charts and Kustomize overlays.",
  options: { ...COMMON_OPTIONS, runs: { ...COMMON_OPTIONS.runs, default: 21 } },
  operands: [],
});

async function main({ runs, only }: { readonly runs: number; readonly only: string | undefined }): Promise<void> {
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-bench-"));
  try {
    const tools: Tool[] = [];
    for (const synthesizer of select(SYNTHESIZERS, namesIn(only))) {
      tools.push({ name: synthesizer.name, ...(await synthesizer.prepare(scratch)) });
    }
    console.log(machine());
    console.log(`\nObjects, and values in them:\n\n${await equivalence(tools)}`);
    const measured = await interleave(tools.map(contender), runs);
    console.log(`\nAll ${STAGES.length} stages (${runs} runs):\n\n${times(measured, "helm")}`);
    console.log(verdict(measured, TARGET) ?? "");
  } finally {
    await fs.rm(scratch, { recursive: true });
  }
}

const contender = ({ name, commands }: Tool) => ({
  name,
  async measure() {
    let sum = 0;
    for (const command of commands) sum += (await mustRun(command)).milliseconds;
    return sum;
  },
});

/** A table of what each tool makes, when all of them make the same. @throws CannotRun */
async function equivalence(tools: readonly Tool[]): Promise<string> {
  const made = new Map<string, readonly Objects[]>();
  for (const tool of tools) made.set(tool.name, await objectsOf(tool));
  const ours = made.get("ours");
  for (const [name, stages] of made) {
    for (const [index, stage] of STAGES.entries()) {
      const [theirs, mine] = [stages[index], ours?.[index]];
      if (theirs && mine) mustBeEquivalent(stage, name, theirs, mine);
    }
  }
  const rows = [...made].map(([name, stages]) => [name, ...stages.map((each) => `${each.size}, ${total(each)}`)]);
  return table([["", ...STAGES], ...rows]);
}

async function objectsOf({ commands, manifests }: Tool): Promise<readonly Objects[]> {
  const outputs: string[] = [];
  for (const command of commands) outputs.push((await mustRun(command)).stdout);
  return Promise.all(STAGES.map(async (stage) => objectsIn(await manifests(stage, outputs))));
}

void runBenchmark(COMMAND_LINE, main);
