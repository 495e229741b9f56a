import { commandLine, parseCommandLine } from "../common/command-line";

/** A person's word about the cluster that a stage goes to. */
export interface ContextArguments {
  /** Name that the current context must have. */
  readonly context?: string;
}

export interface DeployArguments extends ContextArguments {
  readonly stage: string;
  /** Whether the current context is meant for a shared stage that names none. */
  readonly yes: boolean;
  /** Whether the database may restart without a question. */
  readonly restartDatabase: boolean;
  /** Whether progress is for a program. */
  readonly json: boolean;
}

export interface DiffArguments extends ContextArguments {
  readonly stage: string;
  /** Print one JSON document instead of text. */
  readonly json: boolean;
}

const CONTEXT = {
  type: "string",
  placeholder: "NAME",
  help: "Refuse any other current context. Needed for a shared stage that names no contexts.",
} as const;

const stageOperand = (stages: readonly string[]) =>
  ({ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }) as const;

export const deployCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "deploy",
    start: "npm run deploy --",
    description:
      "Synthesizes STAGE into dist/STAGE/, checks what it needs of the cluster, applies it in order to the\n" +
      "current context of kubectl, waits for each step and says what it waits for.",
    options: {
      context: CONTEXT,
      yes: { type: "boolean", help: "The current context is meant, whatever it is called. Weaker than --context." },
      "restart-database": { type: "boolean", help: "Do not ask before the database restarts." },
      json: { type: "boolean", help: "Print one JSON object a line, as docs/deploy.schema.json says." },
    },
    operands: [stageOperand(stages)],
  });

export const diffCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "diff",
    start: "npm run diff --",
    description:
      "Says what `npm run deploy -- STAGE` would do to the current context of kubectl: to each object, to pods,\n" +
      "and to the database. Changes nothing.",
    options: {
      context: { ...CONTEXT, help: "Refuse any other current context." },
      json: { type: "boolean", help: "Print one JSON document, as docs/diff.schema.json describes it." },
    },
    operands: [stageOperand(stages)],
    notes: `Exit codes:
  0  deploying would change nothing
  1  deploying would be refused, or the question could not be answered; also a wrong command line
  2  deploying would change something`,
  });

/** Reads the command line of `npm run deploy`; undefined asks for help. @throws UsageError */
export function parseDeployArguments(args: readonly string[], stages: readonly string[]): DeployArguments | undefined {
  const given = parseCommandLine(deployCommandLine(stages), args);
  return (
    given && {
      stage: given.STAGE,
      yes: given.yes,
      restartDatabase: given["restart-database"],
      json: given.json,
      ...(given.context !== undefined && { context: given.context }),
    }
  );
}

/** Reads the command line of `npm run diff`; undefined asks for help. @throws UsageError */
export function parseDiffArguments(args: readonly string[], stages: readonly string[]): DiffArguments | undefined {
  const given = parseCommandLine(diffCommandLine(stages), args);
  return (
    given && {
      stage: given.STAGE,
      json: given.json,
      ...(given.context !== undefined && { context: given.context }),
    }
  );
}
