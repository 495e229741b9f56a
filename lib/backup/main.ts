import { TERMINAL } from "../common/command-line/program";
import { BACKUP_EXIT } from "./commands/command";
import { runBackup } from "./run";

/** The first process of a container ignores signals that it does not handle. Ending at once is safe at any moment. */
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.on(signal, () => {
    process.stderr.write(`Stopped by ${signal}. A backup without a manifest counts as none.\n`);
    process.exit(BACKUP_EXIT.signalled);
  });

runBackup(process.argv.slice(2), { environment: process.env, terminal: TERMINAL, now: () => new Date() }).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = BACKUP_EXIT.failure;
  },
);
