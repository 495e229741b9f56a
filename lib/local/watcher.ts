import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * Removes a folder when this process ends, `kill -9` included: a shell that waits for our end of a pipe to close, which the system does
 * however we end. First it stops the process that works in the folder then.
 */
export class Watcher {
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    // A process group of its own, so that a terminal's Ctrl-C does not end it before us.
    this.#shell = spawn("/bin/sh", ["-c", WATCH, "watcher", folder], {
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

/** A server of which a part still writes brings files back for a moment. */
const WATCH = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -INT "$pid"
  while kill -0 "$pid"; do sleep 0.1; done
fi
tries=0
until rm -rf "$1" || [ "$tries" = 100 ]; do tries=$((tries + 1)); sleep 0.1; done
`;
