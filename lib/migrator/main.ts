import { EXIT } from "../contract";
import { runMigrate } from "./commands/run";

const stop = new AbortController();

/** The first signal asks to stop at a safe moment; a second one ends at once, which is safe too, and only less polite. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(EXIT.signalled);
  stop.abort();
}
process.on("SIGTERM", onSignal);
process.on("SIGINT", onSignal);

// Whoever read the output may stop reading (`migrate up | head -1`): no reason to stop in the middle.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
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
  args: process.argv.slice(2),
  environment: process.env,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  signal: stop.signal,
  interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  ask,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
