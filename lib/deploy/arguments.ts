import { commandLine, parseCommandLine } from "../common/command-line";

export interface DeployArguments {
  readonly stage: string;
  /** Whether the person has said that another stage than dev is meant. */
  readonly yes: boolean;
  /** Whether progress is for a program. */
  readonly json: boolean;
}

export const deployCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "deploy",
    start: "npm run deploy --",
    description:
      "Synthesizes STAGE into dist/STAGE/, applies it in order to the current context of kubectl,\n" +
      "waits for each step and says what it waits for.",
    options: {
      yes: { type: "boolean", help: "Needed for every stage but dev." },
      json: { type: "boolean", help: "Print one JSON object a line, as docs/deploy.schema.json says." },
    },
    operands: [{ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }],
  });

/** Reads the command line of `npm run deploy`; undefined asks for help. @throws UsageError */
export function parseDeployArguments(args: readonly string[], stages: readonly string[]): DeployArguments | undefined {
  const given = parseCommandLine(deployCommandLine(stages), args);
  return given && { stage: given.STAGE, yes: given.yes, json: given.json };
}
