import { commandLine, parseCommandLine } from "../common/command-line";
import type { Stage } from "../stages/stage";

export type Action = "move" | "back" | "finish" | "abandon";

export interface MoveArguments {
  readonly from: string;
  readonly to: string;
  readonly action: Action;
  /** Seconds for which nobody may be able to write. */
  readonly longestPauseSeconds: number;
  readonly yes: boolean;
}

const PAUSE_SECONDS = 10;
/** Less than this leaves no time for the comparison. */
const LEAST_PAUSE_SECONDS = 4;

export const moveCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "move",
    start: "npm run move --",
    description: `Moves the database of stage FROM, a StatefulSet, to stage TO, which CloudNativePG runs, in the same namespace
and while clients write: by logical replication, with one short pause in which both servers are compared exactly.
Prints its plan and asks for TO's name. Whatever stops it, the same command continues.`,
    options: {
      back: { type: "boolean", help: "Lead clients back to FROM, with everything that was written since." },
      finish: { type: "boolean", help: "End the move, and the way back with it." },
      abandon: { type: "boolean", help: "End a move before clients were led to TO, and remove it from FROM's server." },
      "longest-pause": {
        type: "number",
        placeholder: "SECONDS",
        least: LEAST_PAUSE_SECONDS,
        help: `The longest time in which nobody can write. [${PAUSE_SECONDS}]`,
      },
      yes: { type: "boolean", help: "Do not ask." },
    },
    operands: [
      { name: "FROM", noun: "old stage", help: `One of ${stages.join(", ")}.`, choices: stages },
      { name: "TO", noun: "new stage", help: `One of ${stages.join(", ")}.`, choices: stages },
    ],
    notes: "Exit codes: 0 done, 1 failed or not confirmed, 2 wrong arguments.",
  });

/** Reads the command line of `npm run move`; undefined asks for help. @throws UsageError with all problems at once */
export function parseMoveArguments(args: readonly string[], stages: readonly string[]): MoveArguments | undefined {
  const given = parseCommandLine(moveCommandLine(stages), args, (values) => {
    const named = ACTIONS.filter((action) => values[action]);
    return named.length > 1 ? [`${named.map((action) => `--${action}`).join(" and ")} exclude each other.`] : [];
  });
  return (
    given && {
      from: given.FROM,
      to: given.TO,
      action: ACTIONS.find((action) => given[action]) ?? "move",
      longestPauseSeconds: given["longest-pause"] ?? PAUSE_SECONDS,
      yes: given.yes,
    }
  );
}

const ACTIONS = ["back", "finish", "abandon"] as const;

/** Explains why the database of one stage cannot move to the other. */
export function pairProblems(from: Stage, to: Stage): readonly string[] {
  return [
    ...(from.engine === "statefulset" && to.engine === "cloudnative-pg"
      ? []
      : [
          `The database of ${from.name} is run as ${from.engine} and that of ${to.name} as ${to.engine}. A move goes from statefulset to ` +
            "cloudnative-pg; --back leads back within a day.",
        ]),
    ...(from.namespace === to.namespace
      ? []
      : [
          `${from.name} is in namespace ${from.namespace} and ${to.name} in ${to.namespace}. A move stays in one namespace, whose Service, Secrets ` +
            "and policies both have. Give both the same, or restore a backup there: npm run restore.",
        ]),
    ...(from.certificate.kind === "cert-manager" && to.certificate.kind === "cert-manager"
      ? []
      : ["Both stages need a certificate of cert-manager, which then is for the names of both servers."]),
  ];
}
