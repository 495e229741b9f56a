import { commandLine, parseCommandLine } from "../../common/command-line";

export interface StatusArguments {
  readonly stage: string;
  /** Name that the current context must have. */
  readonly context?: string;
  readonly format: "text" | "json" | "html";
  /** File to write instead of printing. */
  readonly to?: string;
}

export const statusCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "status",
    start: "npm run status --",
    description:
      "Shows on one screen what a person asks first of STAGE in the current context of kubectl: release, schema, pods,\n" +
      "replication, backups, volume, connections, certificate, alerts. The worst comes first. Changes nothing.",
    options: {
      context: { type: "string", placeholder: "NAME", help: "Refuse any other current context." },
      json: { type: "boolean", help: "Print one JSON document, as docs/status.schema.json describes it." },
      html: { type: "boolean", help: "Print one HTML page, with the pictures of the stage and its tables." },
      to: { type: "string", placeholder: "FILE", help: "For --json and --html: write FILE instead of printing." },
    },
    operands: [{ name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages }],
    notes: `Exit codes:
  0  all is well
  1  something is wrong or could not be asked; also a wrong command line
  2  it works, but somebody should look

A page: npm run -s status -- dev --html > status.html`,
  });

/** Reads the command line of `npm run status`; undefined asks for help. @throws UsageError with all problems at once */
export function parseStatusArguments(args: readonly string[], stages: readonly string[]): StatusArguments | undefined {
  const given = parseCommandLine(statusCommandLine(stages), args, ({ json, html, to }) => [
    ...(json && html ? ["--json and --html exclude each other."] : []),
    ...(to !== undefined && !json && !html ? ["--to belongs to --json and --html."] : []),
  ]);
  if (!given) return undefined;
  const { STAGE: stage, context, json, html, to } = given;
  return {
    stage,
    format: json ? "json" : html ? "html" : "text",
    ...(context !== undefined && { context }),
    ...(to !== undefined && { to }),
  };
}
