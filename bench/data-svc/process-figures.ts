import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Clock ticks of a second in /proc, which Linux fixes for every program. */
const TICKS = 100;

/** Fields of /proc/<pid>/stat behind the name, which may hold anything. */
function stat(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Milliseconds of processor time of a process, its ended children included. */
export function cpuMs(pid: number): number {
  const [user, system, userOfEnded, systemOfEnded] = stat(pid).slice(11, 15).map(Number);
  return (((user ?? 0) + (system ?? 0) + (userOfEnded ?? 0) + (systemOfEnded ?? 0)) * 1000) / TICKS;
}

/** The same of a process and its children. */
export function familyCpuMs(pid: number): number {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid);
  return [pid, ...children.map(Number)].reduce((sum, one) => sum + cpuMs(one), 0);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(stat(pid)[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Has the peak begin anew. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** MiB of the most resident memory since then. */
export function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
