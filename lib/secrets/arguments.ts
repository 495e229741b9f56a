import { commandLine, parseCommandLine } from "../common/command-line";
import { ROTATABLE, type Rotatable } from "./required";

export type SecretsArguments =
  | { readonly command: "rotate"; readonly stage: string; readonly what: Rotatable; readonly deploy: boolean }
  | { readonly command: "show"; readonly stage: string; readonly what?: Rotatable }
  | { readonly command: "check"; readonly stage: string };

export const secretsCommandLine = (stages: readonly string[]) =>
  commandLine({
    name: "secrets",
    start: "npm run secrets --",
    description: `rotate dev WHAT    makes a new password or certificate, applies its Secret to the current context of kubectl,
                   and waits until the server has it and no longer takes the old one; nothing is restarted
show STAGE [WHAT]  what a person needs to connect: in dev the values, of other stages where they are kept
check STAGE        the Secrets that the stage needs, and which of them, or of their keys, the cluster lacks; exit 1 if any`,
    options: {
      "no-deploy": {
        type: "boolean",
        help: "For rotate: change the file alone; the next deployment brings it to the cluster.",
      },
    },
    operands: [
      { name: "COMMAND", help: "rotate, show or check.", choices: ["rotate", "show", "check"] },
      { name: "STAGE", help: `One of ${stages.join(", ")}.`, choices: stages },
      {
        name: "WHAT",
        shown: "[WHAT]",
        noun: "secret",
        help: `One of ${ROTATABLE.join(", ")}.`,
        choices: ROTATABLE,
        optional: true,
      },
    ],
  });

/** Reads the command line of `npm run secrets`; undefined asks for help. @throws UsageError with all problems at once */
export function parseSecretsArguments(
  args: readonly string[],
  stages: readonly string[],
): SecretsArguments | undefined {
  const given = parseCommandLine(secretsCommandLine(stages), args, ({ COMMAND, WHAT, "no-deploy": noDeploy }) => [
    ...(noDeploy && COMMAND !== "rotate" ? ["--no-deploy belongs to rotate."] : []),
    ...(COMMAND === "rotate" && WHAT === undefined ? [`Say what to rotate: ${ROTATABLE.join(", ")}.`] : []),
    ...(COMMAND === "check" && WHAT !== undefined ? [`check looks at all of them; leave "${WHAT}" out.`] : []),
  ]);
  if (!given) return undefined;
  const { COMMAND: command, STAGE: stage, WHAT: what } = given;
  return {
    command,
    stage,
    ...(what !== undefined && { what }),
    ...(command === "rotate" && { deploy: !given["no-deploy"] }),
  } as SecretsArguments;
}
