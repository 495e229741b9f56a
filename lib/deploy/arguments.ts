import { parseArgs } from "node:util";
import { flagProblems, UsageError } from "../common/usage";

export { UsageError };

export interface DeployArguments {
  readonly stage: string;
  /** Whether the person has said that another stage than dev is meant. */
  readonly yes: boolean;
}

export const USAGE = `npm run deploy -- STAGE [--yes]

  Synthesizes STAGE into dist/STAGE/, applies it in order to the current context of kubectl,
  waits for each step and says what it waits for.

  --yes     needed for every stage but dev
  --help    this text
`;

/** Reads the command line of `npm run deploy`; undefined asks for help. @throws UsageError */
export function parseDeployArguments(args: readonly string[], stages: readonly string[]): DeployArguments | undefined {
  const { values, positionals } = parseArgs({ args: [...args], strict: false, allowPositionals: true });
  if (values.help) return undefined;
  const known = `The stages are ${stages.join(", ")}.`;
  const problems = Object.entries(values).flatMap(([option, value]) =>
    option === "yes" ? flagProblems(option, value) : [`--${option} is not an option.`],
  );
  const [stage, ...others] = positionals;
  if (stage === undefined) problems.push(`No stage is named. ${known}`);
  else if (!stages.includes(stage)) problems.push(`There is no stage "${stage}". ${known}`);
  if (others.length > 0) problems.push(`One stage is deployed at a time, but "${others.join('", "')}" follows.`);
  if (stage === undefined || problems.length > 0) throw new UsageError(problems.join("\n"));
  return { stage, yes: values.yes === true };
}
