import { readFileSync } from "node:fs";

/** Milliseconds of a piece of work that a client waits for. */
export interface Took {
  /** As long as it would take on a machine with nothing else to do: without the waits of both sides for a processor. */
  readonly quiet: number;
  /** Processor time of the server's process. */
  readonly cpu: number;
}

/** Measures what one process of a server does for us, on a machine that others use, too. Needs Linux. */
export class QuietClock {
  constructor(private readonly server: number) {}

  async measure(work: () => Promise<unknown>): Promise<Took> {
    const [server, own] = [scheduled(this.server), scheduled(process.pid)];
    const began = performance.now();
    await work();
    const wall = performance.now() - began;
    const [serverNow, ownNow] = [scheduled(this.server), scheduled(process.pid)];
    const waited = serverNow.waited - server.waited + (ownNow.waited - own.waited);
    // The clocks are read one after another, so that a wait may end between them.
    return { quiet: Math.max(wall - waited, 0), cpu: serverNow.ran - server.ran };
  }
}

/** Milliseconds that a process's first thread has run, and has waited for a processor. */
function scheduled(pid: number): { readonly ran: number; readonly waited: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ").map(Number);
  return { ran: (ran ?? 0) / 1e6, waited: (waited ?? 0) / 1e6 };
}
