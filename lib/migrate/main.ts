import { isatty } from "node:tty";
import { EXIT } from "../contract";
import { runMigrate } from "../migrator/cli";
import { roles } from "../roles/addition";

const stop = new AbortController();

/** The first signal asks to stop at a safe moment; a second one ends at once, which is safe too, and only less polite. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(EXIT.signalled);
  stop.abort();
}
process.on("SIGTERM", onSignal);
process.on("SIGINT", onSignal);

/** Standard output or error, once something is written to it: to make one takes a millisecond. */
class Writer {
  #stream: NodeJS.WriteStream | undefined;

  constructor(private readonly open: () => NodeJS.WriteStream) {}

  readonly write = (text: string) => {
    this.#stream ??= this.open().on("error", (error: NodeJS.ErrnoException) => {
      // Whoever read the output may stop reading (`migrate up | head -1`): no reason to stop in the middle.
      if (error.code !== "EPIPE") throw error;
    });
    this.#stream.write(text);
  };

  /** Resolves when everything is written, or cannot be. */
  async flush(): Promise<void> {
    const stream = this.#stream;
    if (stream?.writable) await new Promise((resolve) => stream.write("", resolve));
  }
}
const stdout = new Writer(() => process.stdout);
const stderr = new Writer(() => process.stderr);

async function ask(question: string): Promise<string> {
  // Not by import(), which a script from V8's code cache does not have.
  const { createInterface } = require("node:readline/promises") as typeof import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // On a terminal in raw mode Ctrl-C is a key, and no signal.
  terminal.on("SIGINT", () => stop.abort());
  try {
    return await terminal.question(question, { signal: stop.signal });
  } finally {
    terminal.close();
  }
}

runMigrate({
  addition: roles,
  args: process.argv.slice(2),
  environment: process.env,
  stdout: stdout.write,
  stderr: stderr.write,
  signal: stop.signal,
  interactive: isatty(0) && isatty(1),
  ...(isatty(1) && { columns: process.stdout.columns }),
  ask,
}).then(async (exitCode) => {
  await Promise.all([stdout.flush(), stderr.flush()]);
  // Not when nothing is left to do: the connection's end and Node's own clearing up take longer than a run with nothing to do.
  process.exit(exitCode);
});
