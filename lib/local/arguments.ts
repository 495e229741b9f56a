import { commandLine, parseCommandLine } from "../common/command-line";

export interface LocalArguments {
  /** Leave database and service up until Ctrl-C. */
  readonly keep: boolean;
  readonly databasePort?: number;
  readonly servicePort?: number;
  /** Port of the page, which `keep` serves. */
  readonly pagePort?: number;
}

const PORT = { type: "number", placeholder: "PORT", least: 1, most: 65535, takes: "a port from 1 to 65535" } as const;

export const LOCAL_COMMAND_LINE = commandLine({
  name: "start",
  start: "npm start --",
  description:
    "Synthesizes every stage into dist/, starts a throwaway PostgreSQL and data-svc on loopback,\n" +
    "migrates, verifies, prints a report, and removes everything it started.",
  options: {
    keep: {
      type: "boolean",
      help: "Leave database and service up, print their URLs, stop on Ctrl-C (at once on a second).",
    },
    "database-port": { ...PORT, help: "Port of PostgreSQL. [a free one]" },
    "service-port": { ...PORT, help: "Port of data-svc. [a free one]" },
    "page-port": { ...PORT, help: "With --keep: port of the page that shows its status. [a free one]" },
  },
  operands: [],
});

/** Reads the command line of `npm start`; undefined asks for help. @throws UsageError with all problems at once */
export function parseArguments(args: readonly string[]): LocalArguments | undefined {
  const given = parseCommandLine(LOCAL_COMMAND_LINE, args, (values) => [
    ...sharedPorts(values),
    ...(values["page-port"] !== undefined && !values.keep ? ["--page-port goes with --keep."] : []),
  ]);
  if (!given) return undefined;
  const { keep, "database-port": databasePort, "service-port": servicePort, "page-port": pagePort } = given;
  return {
    keep,
    ...(databasePort !== undefined && { databasePort }),
    ...(servicePort !== undefined && { servicePort }),
    ...(pagePort !== undefined && { pagePort }),
  };
}

const PORTS = ["database-port", "service-port", "page-port"] as const;

/** Names each two options that have the same port. */
const sharedPorts = (values: { readonly [Name in (typeof PORTS)[number]]?: number | undefined }): string[] =>
  PORTS.flatMap((one, index) =>
    PORTS.slice(index + 1)
      .filter((other) => values[one] !== undefined && values[one] === values[other])
      .map((other) => `--${one} and --${other} are both ${values[one]}; give them two different ports.`),
  );
