import * as fs from "node:fs";
import { CannotRun } from "../cannot-run";

/** Milliseconds of one of the kernel's ticks. */
const TICK_MS = 10;

/** Processor time of a process, its children, and its children that have ended, in milliseconds. @throws CannotRun without Linux */
export function processorTime(pid: number): number {
  if (process.platform !== "linux") throw new CannotRun("Processor time of a server is read from /proc, as on Linux.");
  const [own, ended] = [ticks(pid, 0), ticks(pid, 2)];
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return TICK_MS * children.reduce((sum, child) => sum + ticks(Number(child), 0), own + ended);
}

/** User's and system's ticks: those of the process itself first, those of its ended children two places later. */
function ticks(pid: number, place: number): number {
  try {
    // The name before them may have spaces and parentheses.
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11 + place]) + Number(fields[12 + place]);
  } catch {
    return 0;
  }
}
