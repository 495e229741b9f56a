import { TERMINAL } from "../common/command-line/program";
import { EXIT } from "../contract";
import { runRetention } from "./run";

/** The first process of a container ignores signals that it does not handle. Ending at once is safe at any moment. */
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.on(signal, () => {
    process.stderr.write(`Stopped by ${signal}. The next run goes on where this one was.\n`);
    process.exit(EXIT.signalled);
  });

runRetention(process.argv.slice(2), { environment: process.env, terminal: TERMINAL }).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = EXIT.failure;
  },
);
