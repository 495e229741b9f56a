import { isAgeRecipient } from "../common/age-recipient";
import { PLACEHOLDER_RECIPIENT } from "../contract";
import { fitsPostgres, smallestMemory } from "../postgres/settings";
import { checkBucket } from "./check-bucket";
import { checkQuantity } from "./check-resources";
import { parseMebibytes, parseQuantity, wholeNumber } from "./quantity";
import { parseSchedule } from "./schedule";
import type { BackupStage, NamedRecipients, Stage, VolumeTarget } from "./stage";

/** Refuses backups that could not be made, that nobody could open, or that would hide each other. */
export function checkBackup(stage: Stage): string[] {
  const { backup } = stage;
  return [
    ...checkTimes("backup", backup),
    ...wholeNumber("backup.retries", backup.retries, 0),
    ...checkScratch(stage),
    ...(backup.target.kind === "volume"
      ? checkVolume(stage, backup.target)
      : checkBucket("backup.target", stage.name, backup.target)),
    ...(backup.target.kind === "s3" ? wholeNumber("backup.target.keepDays", backup.target.keepDays, 1) : []),
    ...checkRecipients(stage),
    ...checkTimes("backup.drill", backup.drill),
    ...checkDrillStorage(stage),
    ...checkDrillMemory(backup),
  ];
}

/**
 * A cron line, and a deadline before its next start: the two are never at work at once.
 * @param least seconds without which nothing can come of it
 */
export function checkTimes(
  field: string,
  { schedule, deadlineSeconds }: Pick<BackupStage, "schedule" | "deadlineSeconds">,
  least = 60,
) {
  const problems = wholeNumber(`${field}.deadlineSeconds`, deadlineSeconds, least);
  const parsed = parseSchedule(schedule);
  if (!parsed) {
    return [
      ...problems,
      `${field}.schedule is "${schedule}", which is no cron line of five fields that ever comes. Write numbers, like ` +
        `"7 * * * *" for each hour or "7 3 * * 0" for each Sunday, in UTC.`,
    ];
  }
  if (problems.length > 0 || deadlineSeconds < parsed.interval) return problems;
  return [
    `${field}.deadlineSeconds is ${deadlineSeconds}, but ${field}.schedule starts again after ${parsed.interval} s, and a start is ` +
      `skipped while one is at work. Set it to less than ${parsed.interval}, or start less often.`,
  ];
}

/** Refuses a volume smaller than the database's: a dump of data that does not compress may be as large. */
function checkScratch({ backup: { scratch }, database: { storage } }: Stage): string[] {
  const problems = checkQuantity("backup.scratch", scratch);
  if (problems.length > 0 || (parseQuantity(scratch) ?? 0) >= (parseQuantity(storage) ?? 0)) return problems;
  return [
    `backup.scratch is ${scratch}, but database.storage is ${storage}, and a dump of data that does not compress may be as ` +
      `large. Set it to at least ${storage}.`,
  ];
}

/** The drill's server has the settings of a server of that size. */
function checkDrillMemory({ drill }: BackupStage): string[] {
  const { memory } = drill.resources.limits;
  const mebibytes = parseMebibytes(memory);
  if (mebibytes === undefined || fitsPostgres(mebibytes)) return [];
  return [
    `backup.drill.resources.limits.memory is ${memory}, in which the drill's PostgreSQL would be killed for its memory. ` +
      `Set it to ${smallestMemory()}Mi at least.`,
  ];
}

/** The drill holds the dump and the database that is restored from it. */
function checkDrillStorage({ backup: { drill }, database }: Stage): string[] {
  const problems = checkQuantity("backup.drill.storage", drill.storage);
  const [size, data] = [parseQuantity(drill.storage) ?? 0, parseQuantity(database.storage) ?? 0];
  if (problems.length > 0 || size >= 2 * data) return problems;
  return [
    `backup.drill.storage is ${drill.storage}, but it holds a dump and a database of up to ${database.storage} each. ` +
      `Set it to at least twice ${database.storage}.`,
  ];
}

function checkVolume({ name, database }: Stage, { storage, keep }: VolumeTarget): string[] {
  const problems = checkQuantity("backup.target.storage", storage);
  if (problems.length === 0 && (parseQuantity(storage) ?? 0) < (parseQuantity(database.storage) ?? 0)) {
    problems.push(
      `backup.target.storage is ${storage}, but database.storage is ${database.storage}, so a single backup might not fit. ` +
        `Set it to at least ${database.storage}.`,
    );
  }
  for (const [period, number] of Object.entries(keep)) {
    problems.push(...wholeNumber(`backup.target.keep.${period}`, number, period === "daily" ? 1 : 0));
  }
  if (name !== "dev") {
    problems.push(
      'backup.target.kind is "volume", so the cluster\'s loss, or whoever may delete the claim, takes the backups, too. ' +
        'Outside dev set "s3".',
    );
  }
  return problems;
}

function checkRecipients({ name, secrets, backup: { recipients } }: Stage): string[] {
  if (recipients.kind === "keys") return checkKeys(recipients);
  if (name === "dev" && secrets.kind === "generated") return [];
  return [
    'backup.recipients.kind is "generated", which keeps the private keys in a file of whoever runs synth. Outside dev set "keys" ' +
      "and name public ones; `npm run backup -- keygen` makes a pair.",
  ];
}

function checkKeys({ people, drill }: NamedRecipients): string[] {
  const keys = [...people.map((key, index) => [`people[${index}]`, key] as const), ["drill", drill] as const];
  const problems = keys
    .filter(([, key]) => !isAgeRecipient(key))
    .map(
      ([field, key]) =>
        `backup.recipients.${field} is "${key}", which is no public key of age, or mistyped. Write the "age1…" that ` +
        "`npm run backup -- keygen` printed.",
    );
  if (people.length === 0) {
    problems.push(
      "backup.recipients.people is empty, so without the cluster nobody could open a backup. Name a person's key.",
    );
  }
  if (drill !== PLACEHOLDER_RECIPIENT && people.includes(drill)) {
    problems.push(
      "backup.recipients.drill is a person's key, too, so its private one would be in the cluster. Set it to one of its own.",
    );
  }
  return problems;
}
