import { parseArgs } from "node:util";
import { flagProblems, UsageError } from "../common/usage";
import { ROTATABLE, type Rotatable } from "./required";

export type SecretsArguments =
  | { readonly command: "rotate"; readonly stage: string; readonly what: Rotatable; readonly deploy: boolean }
  | { readonly command: "show"; readonly stage: string; readonly what?: Rotatable }
  | { readonly command: "check"; readonly stage: string };

export const SECRETS_USAGE = `npm run secrets -- COMMAND STAGE [WHAT]

  rotate dev WHAT   makes a new password or certificate, applies its Secret to the current context of kubectl,
                    and waits until the server has it and no longer takes the old one; nothing is restarted
  show STAGE [WHAT] what a person needs to connect: in dev the values, of other stages where they are kept
  check STAGE       the Secrets that the stage needs, and which of them, or of their keys, the cluster lacks; exit 1 if any

  WHAT is ${ROTATABLE.join(", ")}.

  --no-deploy       rotate: change the file alone; the next deployment brings it to the cluster
  --help            this text
`;

const COMMANDS = ["rotate", "show", "check"];

/** Reads the command line of `npm run secrets`; undefined asks for help. @throws UsageError with all problems at once */
export function parseSecretsArguments(
  args: readonly string[],
  stages: readonly string[],
): SecretsArguments | undefined {
  const { values, positionals } = parseArgs({ args: [...args], strict: false, allowPositionals: true });
  if (values.help) return undefined;
  const [command = "", stage = "", what, ...others] = positionals;
  const problems = [
    ...optionProblems(values, command),
    ...(COMMANDS.includes(command) ? [] : [unknown("command", command, COMMANDS)]),
    ...(stages.includes(stage) ? [] : [unknown("stage", stage, stages)]),
    ...whatProblems(command, what),
    ...others.map((text) => `"${text}" is one word too many.`),
  ];
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  const deploy = values["no-deploy"] !== true;
  return {
    command,
    stage,
    ...(what !== undefined && { what }),
    ...(command === "rotate" && { deploy }),
  } as SecretsArguments;
}

const unknown = (kind: string, given: string, known: readonly string[]) =>
  `${given === "" ? `No ${kind} is named.` : `There is no ${kind} "${given}".`} Choose ${known.join(", ")}.`;

function optionProblems(options: Readonly<Record<string, unknown>>, command: string): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (option !== "no-deploy") return [`--${option} is not an option.`];
    return command === "rotate" ? flagProblems(option, value) : [`--no-deploy belongs to rotate.`];
  });
}

function whatProblems(command: string, what: string | undefined): string[] {
  const known = what === undefined || (ROTATABLE as readonly string[]).includes(what);
  if (command === "check") return what === undefined ? [] : [`check looks at all of them; leave "${what}" out.`];
  if (command === "rotate" && what === undefined) return [`Say what to rotate: ${ROTATABLE.join(", ")}.`];
  return known ? [] : [unknown("secret", what ?? "", ROTATABLE)];
}
