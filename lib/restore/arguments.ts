import { commandLine, parseCommandLine } from "../common/command-line";

export interface RestoreArguments {
  readonly stage: string;
  readonly action: "restore" | "back" | "discard";
  /** Id or number of the backup. @default the newest */
  readonly backup?: string;
  /** The newest backup of that time or before. */
  readonly at?: Date;
  /** File of the private key; `-` is standard input. */
  readonly identity?: string;
  /** The stage's name, if it was confirmed on the command line. */
  readonly confirm?: string;
  /** URL of the bucket's server as this machine reaches it. */
  readonly endpoint?: string;
}

export const restoreCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "restore",
    start: "npm run restore --",
    description: `Restores a backup into a new volume beside the live database, compares it with the backup, shows what would be
lost, and asks for the stage's name. Then nobody may write, the volumes are swapped, and the old one is kept.
Whatever stops it, the same command continues. In dev the private key is the generated one.`,
    options: {
      backup: { type: "string", placeholder: "ID", help: "The backup, from `npm run backup -- STAGE`. [the newest]" },
      at: {
        type: "string",
        placeholder: "TIME",
        help: "The newest backup of that time or before, e.g. 2026-11-30T08:15Z.",
      },
      identity: {
        type: "string",
        placeholder: "FILE",
        help: "A private key of age that opens it. - reads standard input.",
      },
      confirm: { type: "string", placeholder: "STAGE", help: "Agree beforehand, for want of a terminal, to any loss." },
      back: { type: "boolean", help: "Swap back to the volume that the latest restore replaced." },
      discard: { type: "boolean", help: "Remove a restored copy that has not become the live database." },
      endpoint: { type: "string", placeholder: "URL", help: "Another way from here to the bucket's server." },
    },
    operands: [{ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }],
    notes: "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 restored beside the live database and not confirmed.",
  });

/** Reads the command line of `npm run restore`; undefined asks for help. @throws UsageError with all problems at once */
export function parseRestoreArguments(
  args: readonly string[],
  stages: readonly string[],
): RestoreArguments | undefined {
  const given = parseCommandLine(restoreCommandLine(stages), args, (values) => {
    const { STAGE, backup, at, identity, confirm, back, discard } = values;
    const named = Object.entries({ backup, at, identity }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    return [
      ...(backup !== undefined && at !== undefined ? ["--backup and --at exclude each other."] : []),
      ...(at !== undefined && timeOf(at) === undefined ? [badTime(at)] : []),
      ...(confirm !== undefined && STAGE !== undefined && confirm !== STAGE
        ? [`--confirm is ${JSON.stringify(confirm)}, but the stage is ${STAGE}.`]
        : []),
      ...(back && discard ? ["--back and --discard exclude each other."] : []),
      ...(back || discard
        ? named.map((name) => `--${name} belongs to a restore, not to --${back ? "back" : "discard"}.`)
        : []),
    ];
  });
  if (!given) return undefined;
  const { STAGE: stage, back, discard, at, backup, identity, confirm, endpoint } = given;
  const time = at === undefined ? undefined : timeOf(at);
  return {
    stage,
    action: back ? "back" : discard ? "discard" : "restore",
    ...(time !== undefined && { at: time }),
    ...(backup !== undefined && { backup }),
    ...(identity !== undefined && { identity }),
    ...(confirm !== undefined && { confirm }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

const badTime = (at: string) =>
  `--at is ${JSON.stringify(at)}; it takes a time with its zone, e.g. 2026-11-30T08:15Z or 2026-11-30T09:15:00+01:00.`;

/** A time without its zone means another moment on each machine, so it is none. */
function timeOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
