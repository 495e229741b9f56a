import { DamageError } from "../errors";
import { type Backup, backupsOf, readManifest } from "../store/backups";
import { readText, type Store } from "../store/store";
import { type Candidate, type Keep, planRetention } from "./retention";
import type { VolumeStore } from "./volume-store";

/** Removes the backups that `keep` leaves no room for, and tells which and why others stay. */
export async function retain(store: VolumeStore, keep: Keep, now: Date, print: (line: string) => void): Promise<void> {
  const committed = backupsOf(await store.list()).filter((backup) => backup.committed);
  const candidates = await Promise.all(committed.map((backup) => candidate(store, backup)));
  const { remove, doubtful } = planRetention(candidates, keep, now);
  for (const { id, reason } of doubtful) print(`Kept ${id}: ${reason}. Remove it by hand if it is not wanted.`);
  for (const id of remove) {
    await store.remove(id);
    print(`Removed ${id}: newer backups fill its day, week and month.`);
  }
}

async function candidate(store: Store, backup: Backup): Promise<Candidate> {
  const { id, startedAt } = backup;
  return { id, startedAt, databaseTime: await databaseTime(store, id), proved: await isProved(store, backup) };
}

async function databaseTime(store: Store, id: string): Promise<Date | undefined> {
  try {
    return new Date((await readManifest(store, id)).databaseTime);
  } catch (error) {
    if (error instanceof DamageError) return undefined;
    throw error;
  }
}

async function isProved(store: Store, { drills }: Backup): Promise<boolean> {
  const results = await Promise.all(drills.map((key) => readText(store, key)));
  return results.some(isPassed);
}

/** A result that is no JSON proves nothing. */
function isPassed(text: string): boolean {
  try {
    return JSON.parse(text)?.result === "passed";
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
