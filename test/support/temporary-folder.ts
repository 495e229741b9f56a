import { readFileSync, statfsSync } from "node:fs";
import * as os from "node:os";

const MEMORY = "/dev/shm";
/** Bytes; eight times what the servers of two test files were seen to fill. */
const ROOM = 4 * 2 ** 30;

/**
 * Where tests make large folders: in memory, where PostgreSQL makes a database in a sixth of the time, or the machine's own place if
 * memory has not the room.
 */
export function temporaryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const room = Math.min(bavail * bsize, process.availableMemory());
    return room > ROOM && runsPrograms() ? MEMORY : os.tmpdir();
  } catch {
    // No Linux, or a Node.js that does not know its limits.
    return os.tmpdir();
  }
}

/** The server's own programs are copied beside its data, where they cannot be used as installed. */
const runsPrograms = () => /^\S+ \/dev\/shm tmpfs (?!\S*noexec)/m.test(readFileSync("/proc/mounts", "utf8"));
