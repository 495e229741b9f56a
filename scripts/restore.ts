import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { UsageError } from "../lib/common/command-line";
import { BACKUP } from "../lib/contract";
import { chooseBackup } from "../lib/deploy/backup/choose";
import { openShelf, targetOf } from "../lib/deploy/backup/open-shelf";
import { deploy } from "../lib/deploy/deploy";
import type { Kubectl } from "../lib/deploy/kubectl";
import { find, requireReleased } from "../lib/deploy/manifests";
import { namespaceOf, requireNoOtherStage } from "../lib/deploy/other-stage";
import { synthesize } from "../lib/deploy/synthesize";
import { WaitError } from "../lib/deploy/waiting";
import { parseRestoreArguments, type RestoreArguments, restoreCommandLine } from "../lib/restore/arguments";
import { goBack } from "../lib/restore/back";
import { type Plan, readPlan } from "../lib/restore/plan";
import { restorePolicy } from "../lib/restore/policy";
import { discard } from "../lib/restore/prepare";
import { restore, resume } from "../lib/restore/restore";
import { standing } from "../lib/restore/standing";
import { databaseUsers } from "../lib/secrets/credentials";
import { credentialsFile, loadCredentials } from "../lib/secrets/file";
import { stageNamed } from "../lib/stages";
import { checkAll } from "../lib/stages/check";
import { waiting } from "../lib/stages/resources";
import type { Stage } from "../lib/stages/stage";
import { tlsNames } from "../lib/stages/tls-names";
import { asking, main, say } from "./command";
import { kubectlOfStage, namespaceOfStage } from "./namespace";

const ROOT = path.resolve(__dirname, "..");

/** Restored and compared, but not confirmed. */
const NOT_CONFIRMED = 3;

/** `npm run restore -- STAGE`: returns the exit code. */
async function run(wanted: RestoreArguments, signal: AbortSignal): Promise<number> {
  const stage = stageNamed(wanted.stage);
  checkAll([stage]);
  const namespace = namespaceOfStage(stage);
  const kubectl = await kubectlOfStage(stage);
  const context = await kubectl.context();
  say(`stage ${stage.name}, context ${context}, namespace ${namespace}`);
  await requireNoOtherStage(namespaceOf(stage.name, namespace), kubectl);
  const surroundings: Common = {
    ...{ kubectl, say, signal, stage: stage.name },
    ask: (losses) => ask(losses, { wanted, context, signal }),
    migrate: () => migrate(stage, { kubectl, say, signal }),
  };
  try {
    if (wanted.action === "discard") return await discardCopy(surroundings);
    const done =
      wanted.action === "back" ? await goBack(surroundings) : await restoreStage(stage, wanted, surroundings);
    if (done) return 0;
  } catch (error) {
    // A second failure, for instance without a cluster, must not hide the first.
    say(
      await standing(stage.name, kubectl).catch((second: Error) => `Where it stands cannot be read: ${second.message}`),
    );
    throw error;
  }
  say(await standing(stage.name, kubectl));
  return NOT_CONFIRMED;
}

interface Common {
  readonly kubectl: Kubectl;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly stage: string;
  readonly ask: (losses: string) => Promise<boolean>;
  readonly migrate: () => Promise<void>;
}

async function restoreStage(stage: Stage, wanted: RestoreArguments, common: Common): Promise<boolean> {
  requireStatefulSet(stage);
  const begun = await readPlan(common.kubectl);
  if (begun) return await continueWith(begun, wanted, common);
  const { backup, service } = stage;
  const keys = await keysOf(stage, wanted);
  const shelf = await openShelf(stage, { ...common, environment: process.env, ...wanted });
  const manifest = await chooseBackup(shelf, wanted).finally(() => shelf.close());
  return await restore({
    ...common,
    manifest,
    image: service.image,
    resources: waiting(backup.resources),
    clients: stage.clients,
    keeps: stage.retention,
    target: targetOf(backup.target),
    ...(backup.target.kind === "s3" ? { region: backup.target.region } : { backups: BACKUP.claim }),
    scratch: { size: backup.scratch, storageClass: backup.scratchClass },
    policy: restorePolicy(stage),
    keys,
  });
}

/** A restore swaps the volume of a StatefulSet. @throws UsageError */
function requireStatefulSet({ name, engine }: Stage): void {
  if (engine === "statefulset") return;
  throw new UsageError([
    `The database of ${name} is CloudNativePG's, and this command swaps the volume of a StatefulSet. Restore its archive into a new ` +
      "Cluster, as CloudNativePG's documentation says under Recovery.",
  ]);
}

async function continueWith(plan: Plan, { backup, at }: RestoreArguments, common: Common): Promise<boolean> {
  if (plan.kind === "back") return await goBack(common);
  if (at !== undefined || (backup !== undefined && backup !== plan.backup)) {
    throw new WaitError(
      "The restore",
      `of backup ${plan.backup} is confirmed and not finished. Finish or undo that first.`,
    );
  }
  return await resume(plan, common);
}

/** Reads what the restore pod needs and the cluster must not keep: the private key, and the person's keys of the bucket. */
async function keysOf(stage: Stage, { identity }: RestoreArguments): Promise<Record<string, string>> {
  const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "" } = process.env;
  const bucket = { "access-key-id": id, "secret-access-key": secret };
  return { identity: await identityOf(stage, identity), ...(stage.backup.target.kind === "s3" && bucket) };
}

async function identityOf(stage: Stage, file: string | undefined): Promise<string> {
  const { name, namespace, backup } = stage;
  if (file !== undefined) return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  if (backup.recipients.kind === "generated") {
    const credentials = await loadCredentials(path.join(ROOT, credentialsFile(name)), {
      names: tlsNames(stage, namespace),
      users: databaseUsers(stage),
    });
    return credentials.backup.people.identity;
  }
  throw new UsageError([
    `The backups of ${name} open with a private key that people keep. Name its file: --identity FILE.`,
  ]);
}

interface Asking {
  readonly wanted: RestoreArguments;
  readonly context: string;
  readonly signal: AbortSignal;
}

/** Shows what would be lost and has the stage's name typed. */
async function ask(losses: string, { wanted: { stage, confirm }, context, signal }: Asking): Promise<boolean> {
  say(losses);
  if (confirm === stage) {
    say(`confirmed by --confirm ${stage}`);
    return true;
  }
  if (!process.stdin.isTTY) {
    say(`Nobody is at a terminal to confirm it. If that may be lost, run it again with --confirm ${stage}.`);
    return false;
  }
  const question = `This replaces the live database of stage ${stage} in context ${context}. Type the stage's name to go on: `;
  return (await asking(signal)(question)).trim() === stage;
}

/** Runs this release's migration Job, as a deployment does. A complete Job would not run again, so it is deleted first. */
async function migrate(stage: Stage, context: Pick<Common, "kubectl" | "say" | "signal">): Promise<void> {
  const files = await synthesize({ root: ROOT, stage: stage.name, env: process.env });
  requireReleased(files);
  const job = find(files, "Job");
  await context.kubectl.run(["delete", "job", job.metadata.name, "--ignore-not-found", "--cascade=foreground"]);
  await deploy({ ...context, files: files.filter(({ objects }) => objects.includes(job)) });
}

async function discardCopy(common: Common): Promise<number> {
  const plan = await readPlan(common.kubectl);
  if (plan) {
    say(await standing(common.stage, common.kubectl));
    return 1;
  }
  const removed = await discard(common);
  say(removed.length === 0 ? "There is no restored copy." : `removed ${removed.join(", ")}`);
  return 0;
}

void main({ what: "The restore", commandLine: restoreCommandLine, parse: parseRestoreArguments, run });
