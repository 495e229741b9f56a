import { isatty } from "node:tty";
import { type DeployArguments, deployCommandLine, parseDeployArguments } from "../lib/deploy/arguments";
import { deploy } from "../lib/deploy/deploy";
import { diagnose } from "../lib/deploy/diagnose";
import { confirmRestart } from "../lib/deploy/diff/confirm";
import { requireDeployable } from "../lib/deploy/diff/obstacles";
import { renderWork } from "../lib/deploy/diff/text";
import { WaitError } from "../lib/deploy/waiting";
import { asking, main, say } from "./command";
import { foretell } from "./foretell";

/** `npm run deploy -- STAGE`: returns the exit code. */
async function run({ stage, yes, restartDatabase, ...place }: DeployArguments, signal: AbortSignal): Promise<number> {
  const { files, kubectl, diff } = await foretell({ stage, ...place, anywhere: yes, say });
  requireDeployable(diff);
  for (const line of renderWork(diff)) say(line);
  const ask = isatty(0) && isatty(1) ? { ask: asking(signal) } : {};
  await confirmRestart({ restarts: diff.restarts, allowed: restartDatabase, ...ask });
  try {
    await deploy({ kubectl, files, say, signal });
  } catch (error) {
    if (error instanceof WaitError && !signal.aborted) console.error(await diagnose(kubectl));
    throw error;
  }
  say(`${stage} is deployed. Look at it: kubectl --namespace ${diff.namespace} get all`);
  return 0;
}

void main({ what: "The deployment", commandLine: deployCommandLine, parse: parseDeployArguments, run });
