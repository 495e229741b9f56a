import { commandLine, parseCommandLine } from "../common/command-line";

export interface PanelsArguments {
  readonly stage: string;
  readonly hours: number;
  /** Address of a Prometheus. @default the one of the stage's cluster, through kubectl */
  readonly prometheus?: string;
  /** Name that kubectl's current context must have. */
  readonly context?: string;
  /** File to write instead of printing. */
  readonly to?: string;
}

export const panelsCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "panels",
    start: "npm run panels --",
    description:
      "Prints one HTML page with the dashboard's panels of STAGE, without Grafana: asks the Prometheus of the stage's\n" +
      "cluster through `kubectl port-forward`, or the one that --prometheus names. Changes nothing.",
    options: {
      hours: {
        ...{ type: "number", placeholder: "N", least: 1, most: 24, default: 3 },
        help: "Hours before now that the graphs show.",
      },
      prometheus: { type: "string", placeholder: "URL", help: "Ask this Prometheus, and no cluster." },
      context: { type: "string", placeholder: "NAME", help: "Refuse any other current context of kubectl." },
      to: { type: "string", placeholder: "FILE", help: "Write FILE instead of printing." },
    },
    operands: [{ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }],
    notes: `Exit codes:
  0  the page is made; a panel without data says so
  1  Prometheus could not be asked, or refused a query; also a wrong command line

Example: npm run -s panels -- prod > panels.html`,
  });

/** Reads the command line of `npm run panels`; undefined asks for help. @throws UsageError with all problems at once */
export function parsePanelsArguments(args: readonly string[], stages: readonly string[]): PanelsArguments | undefined {
  const given = parseCommandLine(panelsCommandLine(stages), args, ({ prometheus, context }) => [
    ...(prometheus === undefined ? [] : addressProblems(prometheus)),
    ...(prometheus !== undefined && context !== undefined
      ? ["--context belongs to kubectl, which --prometheus does without. Leave one of them out."]
      : []),
  ]);
  if (!given) return undefined;
  const { STAGE: stage, hours, ...optional } = given;
  return { stage, hours, ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) };
}

function addressProblems(given: string): readonly string[] {
  const { protocol, username, password, search, hash } = URL.canParse(given) ? new URL(given) : ({} as Partial<URL>);
  if (protocol !== "http:" && protocol !== "https:")
    return [`--prometheus is ${given}, which is no address. Give one like http://127.0.0.1:9090.`];
  // Not quoted, since it may hold a password.
  if (username || password)
    return ["--prometheus has a login, which every user of this machine sees. Forward its port and give that address."];
  if (search || hash) return [`--prometheus is ${given}. Leave out what follows the path.`];
  return [];
}
