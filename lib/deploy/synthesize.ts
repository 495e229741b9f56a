import * as path from "node:path";
import { execute } from "./kubectl";
import { ManifestError, type ManifestFile, readManifests } from "./manifests";

export interface SynthesizeOptions {
  /** The project's folder, which holds `main.ts`. */
  readonly root: string;
  /** Name of the stage. */
  readonly stage: string;
  /** Environment of `main.ts`, which reads `NAMESPACE` and `CDK8S_OUTDIR`. */
  readonly env: NodeJS.ProcessEnv;
}

/** Runs `main.ts` with this process's loader and reads the manifests that it writes. @throws ManifestError */
export async function synthesize({ root, stage, env }: SynthesizeOptions): Promise<readonly ManifestFile[]> {
  const args = [...process.execArgv, path.join(root, "main.ts")];
  const { code, stderr } = await execute(process.execPath, args, { cwd: root, env: { ...env, STAGE: stage } });
  if (code !== 0) throw new ManifestError(`Stage ${stage} cannot be synthesized.\n${stderr.trim()}`);
  return await readManifests(path.resolve(root, env.CDK8S_OUTDIR || "dist", stage));
}
