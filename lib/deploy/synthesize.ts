import * as path from "node:path";
import { execute } from "./kubectl";
import { ManifestError, type ManifestFile, readManifests } from "./manifests";

export interface SynthesizeOptions {
  /** The project's folder, with `main.ts` in it. */
  readonly root: string;
  /** Name of the stage. */
  readonly stage: string;
  /** Environment of `main.ts`: `NAMESPACE` and `CDK8S_OUTDIR` in it mean what `main.ts` says. */
  readonly env: NodeJS.ProcessEnv;
}

/** Runs the one program that synthesizes, with the loader that this process has, and reads what it wrote. @throws ManifestError */
export async function synthesize({ root, stage, env }: SynthesizeOptions): Promise<readonly ManifestFile[]> {
  const args = [...process.execArgv, path.join(root, "main.ts")];
  const { code, stderr } = await execute(process.execPath, args, { cwd: root, env: { ...env, STAGE: stage } });
  if (code !== 0) throw new ManifestError(`Stage ${stage} cannot be synthesized.\n${stderr.trim()}`);
  return await readManifests(path.resolve(root, env.CDK8S_OUTDIR || "dist", stage));
}
