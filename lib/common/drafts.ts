import * as fs from "node:fs";
import * as path from "node:path";

/** Where this process writes what it then renames to `file`, so that a reader never sees half of it. */
export const draftOf = (file: string) => `${file}.${process.pid}.draft`;

/** Removes from `folder` the drafts of processes that were killed before they could: credentials are in some. */
export function sweepDrafts(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const [, pid] = /\.(\d+)\.draft$/.exec(name) ?? [];
    if (pid !== undefined && isGone(Number(pid))) fs.rmSync(path.join(folder, name), { force: true });
  }
}

/** Our own number was another's before us: in a container every run may have the same. */
function isGone(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
