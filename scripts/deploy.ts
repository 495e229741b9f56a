import * as path from "node:path";
import { UsageError } from "../lib/common/command-line";
import { type DeployArguments, deployCommandLine, parseDeployArguments } from "../lib/deploy/arguments";
import { diagnose } from "../lib/deploy/diagnose";
import { Kubectl } from "../lib/deploy/kubectl";
import { namespacesOf, requireReleased, stageNamespace } from "../lib/deploy/manifests";
import { requireNoOtherStage } from "../lib/deploy/other-stage";
import { deployRecorded } from "../lib/deploy/release/deploy-recorded";
import { originOf, userOf } from "../lib/deploy/release/origin";
import { draftOf } from "../lib/deploy/release/record";
import { type Session, session } from "../lib/deploy/session";
import { synthesize } from "../lib/deploy/synthesize";
import { WaitError } from "../lib/deploy/waiting";
import { explain, main } from "./command";

const ROOT = path.resolve(__dirname, "..");

/** `npm run deploy -- STAGE`: returns the exit code. */
async function run(args: DeployArguments, signal: AbortSignal): Promise<number> {
  const progress = session(args, { root: ROOT, env: process.env, signal });
  try {
    await deployStage(args, progress, signal);
    return 0;
  } catch (error) {
    progress.close();
    // The session said what stands when the signal came.
    if (signal.aborted) return 1;
    if (!args.json || error instanceof UsageError) throw error;
    progress.say(explain(error), { type: "error" });
    return 1;
  }
}

async function deployStage(args: DeployArguments, { say, live, begin, close }: Session, signal: AbortSignal) {
  const { stage, yes, json } = args;
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
  begin(files);
  const began = performance.now();
  try {
    const draft = { ...draftOf(files, await originOf(ROOT, process.env)), ...(await userOf(kubectl)) };
    await deployRecorded({ kubectl, files, say, live, signal }, draft);
  } catch (error) {
    close();
    if (error instanceof WaitError && !signal.aborted) {
      const diagnosis = await diagnose(kubectl);
      if (json) say(diagnosis, { type: "diagnosis" });
      else console.error(diagnosis);
    }
    throw error;
  }
  const seconds = (performance.now() - began) / 1000;
  const look = `Look at it: kubectl --namespace ${namespace} get all`;
  say(`${stage} is deployed after ${Math.round(seconds)} s. ${look}`, { type: "deployed", object: stage, seconds });
}

void main({ what: "The deployment", commandLine: deployCommandLine, parse: parseDeployArguments, run });
