import * as path from "node:path";
import { UsageError } from "../lib/common/command-line";
import { type DeployArguments, deployCommandLine, parseDeployArguments } from "../lib/deploy/arguments";
import { deploy } from "../lib/deploy/deploy";
import { diagnose } from "../lib/deploy/diagnose";
import { Kubectl } from "../lib/deploy/kubectl";
import { namespacesOf, requireReleased, stageNamespace } from "../lib/deploy/manifests";
import { requireNoOtherStage } from "../lib/deploy/other-stage";
import { synthesize } from "../lib/deploy/synthesize";
import { WaitError } from "../lib/deploy/waiting";
import { main, say } from "./command";

const ROOT = path.resolve(__dirname, "..");

/** `npm run deploy -- STAGE`: returns the exit code. */
async function run({ stage, yes }: DeployArguments, signal: AbortSignal): Promise<number> {
  const context = await new Kubectl(process.env).context();
  const files = await synthesize({ root: ROOT, stage, env: process.env });
  const namespace = stageNamespace(files).metadata.name;
  say(`stage ${stage}, context ${context}, namespace ${namespace}`);
  if (stage !== "dev" && !yes) {
    throw new UsageError([
      `Stage ${stage} is shared. If ${context} is its cluster, say so: npm run deploy -- ${stage} --yes`,
    ]);
  }
  requireReleased(files);
  const kubectl = new Kubectl(process.env, namespace);
  for (const owned of namespacesOf(files)) await requireNoOtherStage(owned, kubectl);
  try {
    await deploy({ kubectl, files, say, signal });
  } catch (error) {
    if (error instanceof WaitError && !signal.aborted) console.error(await diagnose(kubectl));
    throw error;
  }
  say(`${stage} is deployed. Look at it: kubectl --namespace ${namespace} get all`);
  return 0;
}

void main({ what: "The deployment", commandLine: deployCommandLine, parse: parseDeployArguments, run });
