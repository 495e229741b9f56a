import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { parseDeployArguments, USAGE, UsageError } from "../lib/deploy/arguments";
import { deploy } from "../lib/deploy/deploy";
import { diagnose } from "../lib/deploy/diagnose";
import { Kubectl, KubectlError } from "../lib/deploy/kubectl";
import { find, ManifestError, readManifests } from "../lib/deploy/manifests";
import { WaitError } from "../lib/deploy/waiting";
import { STAGES } from "../lib/stages";

const ROOT = path.resolve(__dirname, "..");
const say = (line: string) => console.log(line);

/** `npm run deploy -- STAGE`: returns the exit code. */
async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const stages = STAGES.map(({ name }) => name);
  const wanted = parseDeployArguments(args, stages);
  if (!wanted) {
    say(USAGE);
    return 0;
  }
  const { stage, yes } = wanted;
  const context = await new Kubectl(process.env).context();
  const files = await synthesize(stage);
  const namespace = find(files, "Namespace").metadata.name;
  say(`stage ${stage}, context ${context}, namespace ${namespace}`);
  if (stage !== "dev" && !yes) {
    throw new UsageError(
      `Stage ${stage} is shared. If ${context} is its cluster, say so: npm run deploy -- ${stage} --yes`,
    );
  }
  const kubectl = new Kubectl(process.env, namespace);
  try {
    await deploy({ kubectl, files, say, signal });
  } catch (error) {
    if (error instanceof WaitError) console.error(await diagnose(kubectl));
    throw error;
  }
  say(`${stage} is deployed. Look at it: kubectl --namespace ${namespace} get all`);
  return 0;
}

/** Runs the one program that synthesizes, and reads what it wrote. */
async function synthesize(stage: string) {
  const env = { ...process.env, STAGE: stage };
  const { CDK8S_OUTDIR = "dist" } = process.env;
  await promisify(execFile)(process.execPath, [...process.execArgv, path.join(ROOT, "main.ts")], { cwd: ROOT, env });
  return await readManifests(path.resolve(ROOT, CDK8S_OUTDIR, stage));
}

/** What a person needs of an error that was to be expected; everything of any other. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof KubectlError || error instanceof ManifestError || error instanceof WaitError)
    return error.message;
  const { stderr } = error as { stderr?: string };
  return stderr?.trim() || String((error as Error).stack ?? error);
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stopping.abort(new WaitError("The deployment", `was left where it is by ${signal}.`)));
}

main(process.argv.slice(2), stopping.signal).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(explain(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
