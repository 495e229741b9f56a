import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import * as path from "node:path";

/**
 * Removes a folder when this process ends, `kill -9` included: a shell that waits for our end of a pipe to close, which the system does
 * however we end. First it stops the process that works in the folder then.
 */
export class Watcher {
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    // A process group of its own, so that a terminal's Ctrl-C does not end it before us.
    this.#shell = spawn("/bin/sh", [path.join(__dirname, "watcher.sh"), folder], {
      detached: true,
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
    });
    // It waits for us, not we for it.
    this.#shell.unref();
    (this.#shell.stdin as Socket).unref();
    // Somebody may have killed it. We clean up all the same where we end by ourselves.
    this.#shell.stdin?.on("error", () => undefined);
  }

  /** Says who works in the folder from now on; nobody if it is undefined. */
  worker(pid: number | undefined): void {
    this.#shell.stdin?.write(`${pid ?? ""}\n`);
  }

  /** Ends it, with whatever is left of the folder. */
  close(): void {
    this.#shell.stdin?.end();
  }
}
