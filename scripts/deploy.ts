import * as path from "node:path";
import { UsageError } from "../lib/common/command-line";
import { type DeployArguments, deployCommandLine, parseDeployArguments } from "../lib/deploy/arguments";
import { diagnose } from "../lib/deploy/diagnose";
import { Kubectl } from "../lib/deploy/kubectl";
import { find, requireReleased } from "../lib/deploy/manifests";
import { requireNoOtherStage } from "../lib/deploy/other-stage";
import { deployRecorded } from "../lib/deploy/release/deploy-recorded";
import { originOf, userOf } from "../lib/deploy/release/origin";
import { draftOf } from "../lib/deploy/release/record";
import { synthesize } from "../lib/deploy/synthesize";
import { WaitError } from "../lib/deploy/waiting";
import { main, say } from "./command";

const ROOT = path.resolve(__dirname, "..");

/** `npm run deploy -- STAGE`: returns the exit code. */
async function run({ stage, yes }: DeployArguments, signal: AbortSignal): Promise<number> {
  const context = await new Kubectl(process.env).context();
  const files = await synthesize({ root: ROOT, stage, env: process.env });
  const owned = find(files, "Namespace");
  const namespace = owned.metadata.name;
  say(`stage ${stage}, context ${context}, namespace ${namespace}`);
  if (stage !== "dev" && !yes) {
    throw new UsageError([
      `Stage ${stage} is shared. If ${context} is its cluster, say so: npm run deploy -- ${stage} --yes`,
    ]);
  }
  requireReleased(files);
  const kubectl = new Kubectl(process.env, namespace);
  await requireNoOtherStage(owned, kubectl);
  try {
    const draft = { ...draftOf(files, await originOf(ROOT, process.env)), ...(await userOf(kubectl)) };
    await deployRecorded({ kubectl, files, say, signal }, draft);
  } catch (error) {
    if (error instanceof WaitError && !signal.aborted) console.error(await diagnose(kubectl));
    throw error;
  }
  say(`${stage} is deployed. Look at it: kubectl --namespace ${namespace} get all`);
  return 0;
}

void main({ what: "The deployment", commandLine: deployCommandLine, parse: parseDeployArguments, run });
