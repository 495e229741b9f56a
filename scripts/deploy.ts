import * as path from "node:path";
import { parseDeployArguments, USAGE, UsageError } from "../lib/deploy/arguments";
import { deploy } from "../lib/deploy/deploy";
import { diagnose } from "../lib/deploy/diagnose";
import { Kubectl, KubectlError } from "../lib/deploy/kubectl";
import { find, ManifestError, requireReleased } from "../lib/deploy/manifests";
import { synthesize } from "../lib/deploy/synthesize";
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
  const files = await synthesize({ root: ROOT, stage, env: process.env });
  const namespace = find(files, "Namespace").metadata.name;
  say(`stage ${stage}, context ${context}, namespace ${namespace}`);
  if (stage !== "dev" && !yes) {
    throw new UsageError(
      `Stage ${stage} is shared. If ${context} is its cluster, say so: npm run deploy -- ${stage} --yes`,
    );
  }
  requireReleased(files);
  const kubectl = new Kubectl(process.env, namespace);
  try {
    await deploy({ kubectl, files, say, signal });
  } catch (error) {
    if (error instanceof WaitError && !signal.aborted) console.error(await diagnose(kubectl));
    throw error;
  }
  say(`${stage} is deployed. Look at it: kubectl --namespace ${namespace} get all`);
  return 0;
}

/** What a person needs of an error that was to be expected; everything of any other. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof KubectlError || error instanceof ManifestError || error instanceof WaitError)
    return error.message;
  return String((error as Error).stack ?? error);
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
