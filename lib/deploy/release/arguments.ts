import { commandLine, parseCommandLine } from "../../common/command-line";

export interface RollbackArguments {
  readonly stage: string;
  readonly yes: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly withoutDatabase: boolean;
  readonly to: number | undefined;
}

export const rollbackCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "rollback",
    start: "npm run rollback --",
    description:
      "Deploys the release before again, from its record in the cluster, if it can live with the schema. Shows what it\n" +
      "will do and asks. Removes what only newer releases have. The schema and Secrets stay as they are.",
    options: {
      to: { type: "number", placeholder: "N", least: 1, help: "Number of the release. [the one before]" },
      list: { type: "boolean", help: "List the releases that have a record, and do nothing." },
      json: { type: "boolean", help: "With --list: print one JSON object a line." },
      yes: { type: "boolean", help: "Do not ask." },
      "without-database": { type: "boolean", help: "Although the database cannot be asked for its schema." },
    },
    operands: [{ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }],
  });

/** Reads the command line of `npm run rollback`; undefined asks for help. @throws UsageError */
export function parseRollbackArguments(
  args: readonly string[],
  stages: readonly string[],
): RollbackArguments | undefined {
  const given = parseCommandLine(rollbackCommandLine(stages), args, ({ list, json, to, yes }) => [
    ...(json && !list ? ["--json goes with --list."] : []),
    ...(list && (to !== undefined || yes) ? ["--list does nothing, so it goes without --to and --yes."] : []),
  ]);
  return (
    given && {
      stage: given.STAGE,
      yes: given.yes,
      list: given.list,
      json: given.json,
      withoutDatabase: given["without-database"],
      to: given.to,
    }
  );
}
