import { isatty } from "node:tty";
import { EXIT } from "../contract";
import { runMigrate } from "../migrator/cli";
import { roles } from "../roles/addition";

const stop = new AbortController();

/** The first signal asks to stop at a safe moment. A second one ends at once, which is safe too. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(EXIT.signalled);
  stop.abort();
}
process.on("SIGTERM", onSignal);
process.on("SIGINT", onSignal);

/** Opens standard output or error on the first write, since opening takes a millisecond. */
class Writer {
  #stream: NodeJS.WriteStream | undefined;

  constructor(private readonly open: () => NodeJS.WriteStream) {}

  readonly write = (text: string) => {
    this.#stream ??= this.open().on("error", (error: NodeJS.ErrnoException) => {
      // A reader may stop reading (`migrate up | head -1`); that is no reason to stop halfway.
      if (error.code !== "EPIPE") throw error;
    });
    this.#stream.write(text);
  };

  /** Resolves when everything is written, or writing is impossible. */
  async flush(): Promise<void> {
    const stream = this.#stream;
    if (stream?.writable) await new Promise((resolve) => stream.write("", resolve));
  }
}
const stdout = new Writer(() => process.stdout);
const stderr = new Writer(() => process.stderr);

async function ask(question: string): Promise<string> {
  // A script from V8's code cache has no import().
  const { createInterface } = require("node:readline/promises") as typeof import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // On a terminal in raw mode Ctrl-C is a key, not a signal.
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
  // Ends at once: closing the connection and Node's own cleanup take longer than a run with nothing to do.
  process.exit(exitCode);
});
