import { commandLine, type Values } from "../common/command-line";

const WHOLE = { type: "number", unit: "a whole number" } as const;

/** Options that a run cannot do without: a default would delete by a number that nobody chose. */
const REQUIRED = ["partitions-ahead", "session-days", "audit-months"] as const;

export const COMMAND_LINE = commandLine({
  name: "retention",
  start: "retention",
  description:
    "Makes the audit log's next partitions, purges sessions that have ended, and drops the audit log's months that are past\nretention. Each task runs, whatever becomes of the others. Running it again does nothing twice.",
  options: {
    "partitions-ahead": {
      ...WHOLE,
      ...{ placeholder: "MONTHS", least: 1, most: 24 },
      help: "Months after this one for which the audit log gets a partition.",
    },
    "session-days": {
      ...WHOLE,
      ...{ placeholder: "DAYS", least: 0, most: 3650 },
      help: "Days for which a session is kept after it expired or was revoked.",
    },
    "audit-months": {
      ...WHOLE,
      ...{ placeholder: "MONTHS", least: 2, most: 1200 },
      help: "Months for which entries of the audit log are kept.",
    },
    "connect-tries": {
      ...WHOLE,
      ...{ placeholder: "N", least: 1, default: 30 },
      help: "How often each task tries to connect, with pauses up to 2 s.",
    },
    "password-wait": {
      ...WHOLE,
      ...{ placeholder: "SECONDS", least: 0, default: 0 },
      help: "How long to try a refused password again, while a new one reaches the server.",
    },
  },
  operands: [],
  notes: `Connects as DATABASE_URL says, or libpq's variables, or the mounted Secret's file url.
Exit codes: 0 done, 1 a task failed, 2 wrong arguments or settings, 6 a table stayed locked, 7 no database, 8 stopped by a signal.`,
});

type Given = Values<typeof COMMAND_LINE.options, typeof COMMAND_LINE.operands>;

/** Everything that a run is told. */
export type Settings = Given & Readonly<Record<(typeof REQUIRED)[number], number>>;

/** Names the options that are missing. */
export const missing = (values: Partial<Given>): string[] =>
  REQUIRED.filter((name) => values[name] === undefined).map(
    (name) => `--${name} is missing. Say it: there is no number that is right for everybody.`,
  );
