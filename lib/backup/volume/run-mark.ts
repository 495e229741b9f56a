import { randomUUID } from "node:crypto";
import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../errors";

const PREFIX = ".run-";

/** Milliseconds. A mark that stays the same for `look` belongs to a dead run. */
export interface Beat {
  readonly every: number;
  readonly look: number;
}
export const BEAT: Beat = { every: 1_000, look: 5_000 };

/** A file of the volume that changes while its run lives. So runs see each other, whatever their clocks say. */
export class RunMark {
  readonly #timer: NodeJS.Timeout;

  private constructor(
    readonly file: string,
    every: number,
  ) {
    this.#timer = setInterval(() => this.#beat(), every);
    this.#timer.unref();
  }

  static async set(folder: string, { every } = BEAT): Promise<RunMark> {
    const file = path.join(folder, `${PREFIX}${randomUUID()}`);
    await writeFile(file, "", { flag: "wx" });
    return new RunMark(file, every);
  }

  async remove(): Promise<void> {
    clearInterval(this.#timer);
    await rm(this.file, { force: true });
  }

  /** A mark that cannot be changed is no reason to lose a backup; whatever ails the volume, the next write tells. */
  #beat(): void {
    const now = new Date();
    utimes(this.file, now, now).catch(() => undefined);
  }
}

/** Lists the marks of other runs, living or dead. */
export async function otherMarks(folder: string, own: RunMark): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(PREFIX) && name !== path.basename(own.file))
    .map((name) => path.join(folder, name));
}

/** Watches marks for a while. True if one changes or is removed, as only a living run does. */
export async function anyAlive(marks: readonly string[], { look } = BEAT): Promise<boolean> {
  if (marks.length === 0) return false;
  const before = await Promise.all(marks.map(changedAt));
  await sleep(look);
  const after = await Promise.all(marks.map(changedAt));
  return after.some((time, index) => time !== before[index]);
}

async function changedAt(file: string): Promise<bigint | undefined> {
  try {
    return (await stat(file, { bigint: true })).mtimeNs;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
