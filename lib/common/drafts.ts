import * as fs from "node:fs";
import * as path from "node:path";

/** This process's draft of `file`, renamed into place when complete, so that readers never see half of it. */
export const draftOf = (file: string) => `${file}.${process.pid}.draft`;

/** Removes drafts of killed processes from `folder`, since some hold credentials. */
export function sweepDrafts(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const [, pid] = /\.(\d+)\.draft$/.exec(name) ?? [];
    if (pid !== undefined && isGone(Number(pid))) fs.rmSync(path.join(folder, name), { force: true });
  }
}

/**
 * Whether a process is gone. Our own number was another process's before: in a container every run may have the same.
 */
function isGone(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
