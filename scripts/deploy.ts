import * as path from "node:path";
import { isatty } from "node:tty";
import { UsageError } from "../lib/common/command-line";
import { type DeployArguments, deployCommandLine, parseDeployArguments } from "../lib/deploy/arguments";
import { diagnose } from "../lib/deploy/diagnose";
import { confirmRestart } from "../lib/deploy/diff/confirm";
import { requireDeployable } from "../lib/deploy/diff/obstacles";
import { renderWork } from "../lib/deploy/diff/text";
import { deployRecorded } from "../lib/deploy/release/deploy-recorded";
import { originOf, userOf } from "../lib/deploy/release/origin";
import { draftOf } from "../lib/deploy/release/record";
import { type Session, session } from "../lib/deploy/session";
import { WaitError } from "../lib/deploy/waiting";
import { asking, explain, main } from "./command";
import { foretell } from "./foretell";

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
  const { stage, yes, json, restartDatabase, context } = args;
  const wanted = { stage, anywhere: yes, say: (line: string) => say(line), ...(context !== undefined && { context }) };
  const { files, kubectl, diff } = await foretell(wanted);
  requireDeployable(diff);
  for (const line of renderWork(diff)) say(line);
  const ask = isatty(0) && isatty(1) && !json ? { ask: asking(signal) } : {};
  await confirmRestart({ restarts: diff.restarts, allowed: restartDatabase, ...ask });
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
  const look = `Look at it: kubectl --namespace ${diff.namespace} get all`;
  say(`${stage} is deployed after ${Math.round(seconds)} s. ${look}`, { type: "deployed", object: stage, seconds });
}

void main({ what: "The deployment", commandLine: deployCommandLine, parse: parseDeployArguments, run });
