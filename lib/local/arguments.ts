import { parseArgs } from "node:util";
import { flagProblems } from "../common/usage";

export interface LocalArguments {
  /** Leave database and service up until Ctrl-C. */
  readonly keep: boolean;
  readonly databasePort?: number;
  readonly servicePort?: number;
  readonly help: boolean;
}

export const USAGE = `npm start -- [options]

  Synthesizes every stage into dist/, starts a throwaway PostgreSQL and data-svc on loopback,
  migrates, verifies, prints a report, and removes everything it started.

  --keep                  leave database and service up, print their URLs, stop on Ctrl-C (at once on a second)
  --database-port PORT    port of PostgreSQL (default: a free one)
  --service-port PORT     port of data-svc (default: a free one)
  --help                  this text
`;

/** Arguments that cannot stand; the message names every one of them. */
export class ArgumentsError extends Error {
  override readonly name = "ArgumentsError";
}

/** Reads the command line of `npm start`. @throws ArgumentsError with all problems at once */
export function parseArguments(args: readonly string[]): LocalArguments {
  const { values, tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      keep: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      "database-port": { type: "string" },
      "service-port": { type: "string" },
    },
  });
  const flags = ["keep", "help"];
  const known = [...flags, "database-port", "service-port"];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`"${token.value}" is not an option.`);
    if (token.kind === "option" && !known.includes(token.name)) problems.push(`${token.rawName} is not an option.`);
    if (token.kind === "option" && flags.includes(token.name))
      problems.push(...flagProblems(token.name, values[token.name]));
  }
  const port = (name: "database-port" | "service-port") => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (typeof value === "string" && /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535) {
      return Number(value);
    }
    problems.push(`--${name} is ${JSON.stringify(value)}; it takes a port from 1 to 65535.`);
    return undefined;
  };
  const databasePort = port("database-port");
  const servicePort = port("service-port");
  if (databasePort !== undefined && databasePort === servicePort) {
    problems.push(`--database-port and --service-port are both ${databasePort}; give them two different ports.`);
  }
  if (problems.length > 0) throw new ArgumentsError(problems.join("\n"));
  return {
    keep: Boolean(values.keep),
    help: Boolean(values.help),
    ...(databasePort !== undefined && { databasePort }),
    ...(servicePort !== undefined && { servicePort }),
  };
}
