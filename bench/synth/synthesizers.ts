import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";
import { type Command, measuredEnvironment } from "../process";
import { goTool, HELM, KUSTOMIZE } from "../tools";

export const STAGES = ["dev", "staging", "prod"] as const;

/** Something that makes the manifests of every stage. */
export interface Synthesizer {
  readonly name: string;
  /** Finds or builds the program; `scratch` is an empty folder of its own. @throws CannotRun */
  prepare(scratch: string): Promise<Prepared>;
}

export interface Prepared {
  /** Run one after the other, these make every stage. */
  readonly commands: readonly Command[];
  /** A stage's manifests, after or from a run whose outputs are given in the order of `commands`. */
  manifests(stage: (typeof STAGES)[number], outputs: readonly string[]): Promise<string>;
}

/** What `npm run build` makes of main.ts, run by plain node: every stage in one process. */
const ours: Synthesizer = {
  name: "ours",
  async prepare(scratch) {
    const bundle = path.resolve("build/synth.js");
    await fs.access(bundle).catch(() => {
      throw new CannotRun(`${bundle} does not exist. Run \`npm run build\`.`);
    });
    const env = measuredEnvironment({ CDK8S_OUTDIR: scratch, STAGE: "" });
    return {
      commands: [{ command: [process.execPath, bundle], env }],
      manifests: (stage) => readAll(path.join(scratch, stage)),
    };
  },
};

async function readAll(folder: string): Promise<string> {
  const files = (await fs.readdir(folder)).sort();
  return (await Promise.all(files.map((file) => fs.readFile(path.join(folder, file), "utf8")))).join("---\n");
}

/** A tool that prints one stage a process. */
const printing = (name: string, commandFor: (stage: string) => Promise<Command>): Synthesizer => ({
  name,
  prepare: async () => ({
    commands: await Promise.all(STAGES.map(commandFor)),
    manifests: async (stage, outputs) => outputs[STAGES.indexOf(stage)] ?? "",
  }),
});

const helm = printing("helm", async (stage) => {
  const chart = path.join(__dirname, "helm");
  const values = path.join(chart, `values-${stage}.yaml`);
  return { command: [await goTool(HELM), "template", "diabrisk", chart, "--values", values] };
});

const kustomize = printing("kustomize", async (stage) => ({
  command: [await goTool(KUSTOMIZE), "build", path.join(__dirname, "kustomize", "overlays", stage)],
}));

export const SYNTHESIZERS: readonly Synthesizer[] = [helm, ours, kustomize];
