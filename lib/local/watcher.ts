import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import * as path from "node:path";

/**
 * Removes a folder when this process ends, even by `kill -9`. A shell waits for a pipe from us to close, which the
 * system does in any case. It stops the process that works in the folder first.
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
    // We do not wait for it.
    this.#shell.unref();
    (this.#shell.stdin as Socket).unref();
    // If somebody killed it, we still clean up at a normal end.
    this.#shell.stdin?.on("error", () => undefined);
  }

  /** Names the process that works in the folder; undefined for none. */
  worker(pid: number | undefined): void {
    this.#shell.stdin?.write(`${pid ?? ""}\n`);
  }

  /** Ends the watcher and removes the rest of the folder. */
  close(): void {
    this.#shell.stdin?.end();
  }
}
