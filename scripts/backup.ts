import { runBackup } from "../lib/backup/run";
import { UsageError } from "../lib/common/command-line";
import { TERMINAL } from "../lib/common/command-line/program";
import { type BackupArguments, backupCommandLine, parseBackupArguments } from "../lib/deploy/backup/arguments";
import { keygen } from "../lib/deploy/backup/keygen";
import { backUpNow } from "../lib/deploy/backup/now";
import { openShelf, targetOf } from "../lib/deploy/backup/open-shelf";
import type { Shelf } from "../lib/deploy/backup/shelf";
import { backupJson, backupTable } from "../lib/deploy/backup/table";
import { namespaceOf, requireNoOtherStage } from "../lib/deploy/other-stage";
import { makeAgeKeys } from "../lib/secrets/age-keys";
import { stageNamed } from "../lib/stages";
import { checkAll } from "../lib/stages/check";
import type { Stage } from "../lib/stages/stage";
import { main, say } from "./command";
import { kubectlOfStage, namespaceOfStage } from "./namespace";

/** `npm run backup -- …`: returns the exit code. */
async function run(wanted: BackupArguments, signal: AbortSignal): Promise<number> {
  if (wanted.command === "keygen") {
    await keygen({ ...wanted, make: makeAgeKeys, say });
    return 0;
  }
  const stage = stageNamed(wanted.stage);
  checkAll([stage]);
  if (wanted.command === "bucket") return await bucket(stage, wanted.passed);
  const namespace = namespaceOfStage(stage);
  const kubectl = await kubectlOfStage(stage);
  // JSON is for programs, so nothing else may stand before it.
  const tell = wanted.command === "list" && wanted.json ? (line: string) => console.error(line) : say;
  tell(`stage ${stage.name}, context ${await kubectl.context()}, namespace ${namespace}`);
  await requireNoOtherStage(namespaceOf(stage.name, namespace), kubectl);
  if (wanted.command === "now") {
    await backUpNow({ kubectl, now: () => new Date(), say, signal });
    return 0;
  }
  const shelf = await openShelf(stage, { kubectl, environment: process.env, say: tell, signal, ...wanted });
  try {
    return await read(shelf, wanted);
  } finally {
    await shelf.close();
  }
}

/** Prints the rules of the stage's bucket. Sends nothing. */
async function bucket({ name, backup: { target } }: Stage, passed: readonly string[]): Promise<number> {
  if (target.kind !== "s3") throw new UsageError([`The backups of ${name} are on a volume, which needs no bucket.`]);
  const keep = ["--keep-days", String(target.keepDays)];
  const args = ["bucket", "--target", targetOf(target), "--region", target.region, ...keep, ...passed];
  return await runBackup(args, { environment: process.env, terminal: TERMINAL, now: () => new Date() });
}

async function read(shelf: Shelf, wanted: Extract<BackupArguments, { command: "list" | "verify" }>): Promise<number> {
  if (wanted.command === "verify") {
    say(await shelf.verify(wanted.id));
    return 0;
  }
  const listed = await shelf.list();
  const shown = await Promise.all(
    listed.map(async (one) => (one.committed ? { ...one, manifest: await shelf.manifest(one.id) } : one)),
  );
  say(wanted.json ? backupJson(shown) : backupTable(shown, new Date()));
  return 0;
}

void main({ what: "The command", commandLine: backupCommandLine, parse: parseBackupArguments, run });
