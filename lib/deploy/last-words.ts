/** Log levels worth a person's attention. */
const COMPLAINTS = new Set(["warn", "error", "fatal"]);

/** The last complaint in a log of JSON lines or of PostgreSQL, as one line. Undefined if there is none. */
export function lastWords(log: string): string | undefined {
  return log
    .split("\n")
    .map(complaint)
    .findLast((words) => words !== undefined);
}

function complaint(line: string): string | undefined {
  const { level, msg, problems = [] } = parse(line);
  if (COMPLAINTS.has(String(level))) return [msg, ...problems].join(" ");
  return /\b(?:FATAL|PANIC): .*/.exec(line)?.[0];
}

interface LogLine {
  readonly level?: unknown;
  readonly msg?: string;
  readonly problems?: readonly string[];
}

function parse(line: string): LogLine {
  try {
    return (JSON.parse(line) ?? {}) as LogLine;
  } catch {
    return {};
  }
}
