import { EmbeddedPostgresError } from "./embedded-postgres";

/** A failed step of the local run, with the reason as `cause`. */
export class StepError extends Error {
  override readonly name = "StepError";
  constructor(
    readonly step: string,
    cause: unknown,
  ) {
    super(`${step} failed`, { cause });
  }
}

/** The run was asked to stop before its end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Explains the failed step, the reason and the remedy. */
export function explain(error: unknown): string {
  if (error instanceof Interrupted) {
    return `\n${capitalise(error.message)} before it was done. Everything that had been started is stopped and removed.\n`;
  }
  const [what, cause] = error instanceof StepError ? [`${error.message}.`, error.cause] : ["The run failed.", error];
  return `\n${what}\n  Why: ${indent(reason(cause))}\n  Do:  ${indent(advice(cause))}\nNothing is left running.\n`;
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { stderr } = cause as Error & { stderr?: string };
  return stderr?.trim() || cause.message || cause.name;
}

function advice(cause: unknown): string {
  const { code, path } = (cause instanceof Error ? cause : {}) as NodeJS.ErrnoException;
  const text = reason(cause);
  if (/address already in use|another process listens|EADDRINUSE/i.test(text)) {
    return "Leave --database-port, --service-port and --page-port out to get free ports, or end what listens on that one.";
  }
  if (code === "ENOSPC" || /no space left/i.test(text)) return "Free some space where temporary files go (TMPDIR).";
  if (code === "EACCES" || code === "EPERM")
    return `Make ${path ?? "that path"} accessible to you, or run as its owner.`;
  if (cause instanceof EmbeddedPostgresError) return "Read the server's own words above; `npm ci` reinstalls it.";
  return "Mend what is named above and run `npm start` again.";
}

const indent = (text: string) => text.split("\n").join("\n       ");
const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
