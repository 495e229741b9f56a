import * as path from "node:path";
import { UsageError } from "../lib/common/command-line";
import { requireReleased } from "../lib/deploy/manifests";
import { synthesize } from "../lib/deploy/synthesize";
import { WaitError } from "../lib/deploy/waiting";
import { type MoveArguments, moveCommandLine, pairProblems, parseMoveArguments } from "../lib/move/arguments";
import { describeStop, refusals, renderPlan } from "../lib/move/plan";
import { requireEitherStage, StageMove } from "../lib/move/stage-move";
import { readStanding } from "../lib/move/standing";
import { stageNamed } from "../lib/stages";
import { checkAll } from "../lib/stages/check";
import { asking, main, say } from "./command";
import { kubectlOfStage } from "./namespace";

const ROOT = path.resolve(__dirname, "..");

/** `npm run move -- FROM TO`: returns the exit code. */
async function run(wanted: MoveArguments, signal: AbortSignal): Promise<number> {
  const { action, longestPauseSeconds } = wanted;
  const [from, to] = [stageNamed(wanted.from), stageNamed(wanted.to)];
  checkAll([from, to]);
  const problems = pairProblems(from, to);
  if (problems.length > 0) throw new UsageError([...problems]);
  await kubectlOfStage(to);
  const kubectl = await kubectlOfStage(from);
  const context = await kubectl.context();
  await requireEitherStage([from.name, to.name], kubectl);
  const manifests = async (name: string) => ({
    name,
    files: await synthesize({ root: ROOT, stage: name, env: process.env }),
  });
  const [old, next] = [await manifests(from.name), await manifests(to.name)];
  requireReleased(next.files);
  const move = new StageMove({ kubectl, from: old, to: next, longestPauseSeconds, say, signal });

  const standing = await readStanding(await move.reachable(), await move.serving());
  const place = { from: from.name, to: to.name, context, namespace: from.namespace };
  say(renderPlan(action, { ...place, longestPauseSeconds, standing }));
  const refused = action === "move" ? refusals(standing) : [];
  if (refused.length > 0) {
    throw new WaitError(
      "The move",
      `cannot begin, and nothing was changed:\n${refused.map((one) => `  - ${one}`).join("\n")}`,
    );
  }
  if (!wanted.yes && !(await confirmed(to.name, signal))) {
    say("Nothing was changed.");
    return 1;
  }
  try {
    await move[METHODS[action]]();
    return 0;
  } catch (error) {
    // A second failure, for instance without a cluster, must not hide the first.
    const stands = async () =>
      describeStop(await readStanding(await move.reachable(), await move.serving()), from.name, to.name);
    say(await stands().catch((second: Error) => `Where it stands cannot be read: ${second.message}`));
    throw error;
  }
}

const METHODS = { move: "move", back: "goBack", finish: "finish", abandon: "abandon" } as const;

async function confirmed(stage: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError(["Nobody is here to be asked. If this plan is meant, say so with --yes."]);
  return (await asking(signal)(`Type ${stage} to go on: `)).trim() === stage;
}

void main({ what: "The move", commandLine: moveCommandLine, parse: parseMoveArguments, run });
