import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";
import { type Command, measuredEnvironment, mustRun } from "../process";
import { goTool, HELM, KUSTOMIZE } from "../tools";
import { writeChart } from "./helm-chart";
import { writeOverlays } from "./kustomization";
import { type Objects, objectsIn, STAGES, type StageName } from "./objects";

/** A tool that makes the manifests of every stage. */
export interface Synthesizer {
  readonly name: string;
  /**
   * Lists the commands that make every stage, one after the other. The first call builds the program.
   * @throws CannotRun
   */
  commands(): Promise<readonly Command[]>;
  /** Reads a stage's objects after a run. `outputs` has the run's outputs in the order of `commands`. */
  objects(stage: StageName, outputs: readonly string[]): Promise<Objects>;
}

/** The bundle of main.ts, run by plain node: every stage in one process. @throws CannotRun */
export async function synth(scratch: string): Promise<Synthesizer> {
  const bundle = path.resolve("build/synth.js");
  await fs.access(bundle).catch(() => {
    throw new CannotRun(`${bundle} does not exist. Run \`npm run build\`.`);
  });
  const out = path.join(scratch, "dist");
  const env = measuredEnvironment({ CDK8S_OUTDIR: out, STAGE: "" });
  const command: Command = { command: [process.execPath, bundle], env };
  return {
    name: "ours",
    commands: async () => [command],
    objects: async (stage) => objectsIn(await readAll(path.join(out, stage))),
  };
}

async function readAll(folder: string): Promise<string> {
  const files = (await fs.readdir(folder)).sort();
  return (await Promise.all(files.map((file) => fs.readFile(path.join(folder, file), "utf8")))).join("---\n");
}

/** Makes a chart and overlays with the same objects as `synth`. @throws CannotRun */
export async function others(scratch: string, ours: Synthesizer): Promise<readonly Synthesizer[]> {
  for (const command of await ours.commands()) await mustRun(command);
  const stages = new Map<StageName, Objects>();
  for (const stage of STAGES) stages.set(stage, await ours.objects(stage, []));
  const [chart, overlays] = [path.join(scratch, "helm"), path.join(scratch, "kustomize")];
  await writeChart(chart, stages);
  await writeOverlays(overlays, stages);
  return [
    printing("helm", async (stage) => {
      const values = path.join(chart, `values-${stage}.yaml`);
      return { command: [await goTool(HELM), "template", "diabrisk", chart, "--values", values] };
    }),
    printing("kustomize", async (stage) => ({
      command: [await goTool(KUSTOMIZE), "build", path.join(overlays, "overlays", stage)],
    })),
  ];
}

/** Describes a tool that prints one stage per process. */
const printing = (name: string, commandFor: (stage: StageName) => Promise<Command>): Synthesizer => ({
  name,
  commands: () => Promise.all(STAGES.map(commandFor)),
  objects: async (stage, outputs) => objectsIn(outputs[STAGES.indexOf(stage)] ?? ""),
});
