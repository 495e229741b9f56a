/** What a container's control group says of its memory, in MiB but for the number of kills. */
export interface Memory {
  /** Processes that the kernel killed because the limit was reached. */
  readonly kills: number;
  /** The most that was ever charged, files that could have been dropped included. */
  readonly peak: number;
  /** What cannot be dropped: memory of processes, and shared memory. */
  readonly held: number;
}

/** Prints what `parseMemory` reads, whichever version of control groups the node has. */
export const READ_MEMORY = `cd /sys/fs/cgroup; if [ -d memory ]; then cd memory
echo "peak $(cat memory.max_usage_in_bytes)"; cat memory.oom_control memory.stat
else echo "peak $(cat memory.peak)"; cat memory.events memory.stat; fi`;

/** Reads `name value` lines: v1 counts in total_rss and total_shmem, v2 in anon and shmem. */
export function parseMemory(text: string): Memory {
  const values = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
  const mebibytes = (...names: string[]) =>
    Math.round(names.reduce((sum, name) => sum + Number(values.get(name) ?? 0), 0) / 2 ** 20);
  const held = values.has("total_rss") ? mebibytes("total_rss", "total_shmem") : mebibytes("anon", "shmem");
  return { kills: Number(values.get("oom_kill") ?? 0), peak: mebibytes("peak"), held };
}
