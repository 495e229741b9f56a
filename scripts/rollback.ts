import * as path from "node:path";
import { UsageError } from "../lib/common/command-line";
import type { Kubectl } from "../lib/deploy/kubectl";
import { parseRollbackArguments, type RollbackArguments, rollbackCommandLine } from "../lib/deploy/release/arguments";
import { describeRecords, recordObject } from "../lib/deploy/release/list";
import { originOf, userOf } from "../lib/deploy/release/origin";
import { readRecords } from "../lib/deploy/release/records";
import { rollback } from "../lib/deploy/release/rollback";
import { stageNamed } from "../lib/stages";
import { asking, main, say } from "./command";
import { kubectlOfStage } from "./namespace";

const ROOT = path.resolve(__dirname, "..");

/** `npm run rollback -- STAGE`: returns the exit code. */
async function run(wanted: RollbackArguments, signal: AbortSignal): Promise<number> {
  const stage = stageNamed(wanted.stage);
  const kubectl = await kubectlOfStage(stage);
  const context = await kubectl.context();
  if (wanted.list) return await list(kubectl, wanted.json);
  say(`stage ${stage.name}, context ${context}, namespace ${kubectl.namespace}`);
  if (!wanted.yes && !process.stdin.isTTY)
    throw new UsageError([`Nobody is here to be asked. If ${context} is ${stage.name}'s cluster, say so with --yes.`]);
  const ask = asking(signal);
  const { migrations } = await originOf(ROOT, process.env);
  const number = await rollback({
    stage: stage.name,
    kubectl,
    migrations,
    say,
    signal,
    withoutDatabase: wanted.withoutDatabase,
    ...(await userOf(kubectl)),
    ...(wanted.to !== undefined && { to: wanted.to }),
    ...(!wanted.yes && { confirm: async () => (await ask(`Type ${stage.name} to go on: `)).trim() === stage.name }),
  });
  say(number === undefined ? "Nothing was changed." : `${stage.name} is rolled back: release ${number}.`);
  return number === undefined ? 1 : 0;
}

async function list(kubectl: Kubectl, json: boolean): Promise<number> {
  const records = await readRecords(kubectl);
  const lines = json ? records.map((record) => JSON.stringify(recordObject(record))) : describeRecords(records);
  for (const line of lines) say(line);
  if (records.length === 0 && !json) say(`Namespace ${kubectl.namespace} has no record of a release.`);
  return 0;
}

void main({ what: "The rollback", commandLine: rollbackCommandLine, parse: parseRollbackArguments, run });
