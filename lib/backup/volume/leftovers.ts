import { readdir, rm, stat } from "node:fs/promises";
import * as path from "node:path";
import { backupsOf } from "../store/backups";
import { anyAlive, BEAT, otherMarks, type RunMark } from "./run-mark";
import type { VolumeStore } from "./volume-store";

export interface LeftoverOptions {
  readonly store: VolumeStore;
  /** The mark of the run that tidies up. */
  readonly own: RunMark;
  /** Longest time that a run may take, by its Job. */
  readonly deadlineSeconds: number;
  readonly now: () => Date;
  readonly print: (line: string) => void;
  readonly beat?: typeof BEAT;
}

/**
 * Removes what dead runs left: folders without a manifest, and marks. Only if all of it is older than a run may get,
 * and no other run lives. The first condition rests on clocks, the second on none.
 */
export async function removeLeftovers(options: LeftoverOptions): Promise<void> {
  const { store, own, print, beat = BEAT } = options;
  const begun = backupsOf(await store.list()).filter(({ committed }) => !committed);
  const marks = await otherMarks(store.folder, own);
  const folders = begun.map(({ id }) => path.join(store.folder, id));
  const old: string[] = [];
  for (const leftover of [...folders, ...marks]) if (await isOld(leftover, options)) old.push(leftover);
  if (old.length === 0) return;
  if (await anyAlive(marks, beat)) return print("Removed nothing that dead runs left: another run is under way.");
  for (const leftover of old) await rm(leftover, { recursive: true, force: true });
  print(`Removed ${names(old)}: left by runs that died before their manifest.`);
}

const names = (files: readonly string[]) => files.map((file) => path.basename(file)).join(", ");

async function isOld(leftover: string, { deadlineSeconds, now, print }: LeftoverOptions): Promise<boolean> {
  const age = (now().getTime() - (await newestChange(leftover))) / 1000;
  if (age < 0)
    print(`Kept ${path.basename(leftover)}: it has no manifest, and its files are from the future. Is a clock wrong?`);
  return age > deadlineSeconds;
}

/** The last change of a file, or of anything in a folder. */
async function newestChange(file: string): Promise<number> {
  const found = await stat(file);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = await Promise.all((await readdir(file)).map((name) => stat(path.join(file, name))));
  return Math.max(found.mtimeMs, ...inside.map(({ mtimeMs }) => mtimeMs));
}
