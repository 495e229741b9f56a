import { commandLine, parseCommandLine } from "../common/command-line";
import type { Stage } from "../stages/stage";
import { type Rotatable, rotatable } from "./required";

/** Stages by their names, with what decides their secrets. */
export type SecretStages = Readonly<Record<string, Pick<Stage, "clients">>>;

export type SecretsArguments =
  | { readonly command: "rotate"; readonly stage: string; readonly what: Rotatable; readonly deploy: boolean }
  | { readonly command: "show"; readonly stage: string; readonly what?: Rotatable }
  | { readonly command: "check"; readonly stage: string };

/** Everything that some stage can rotate. */
const anywhere = (stages: SecretStages) => [...new Set(Object.values(stages).flatMap(rotatable))];

export const secretsCommandLine = (stages: SecretStages) =>
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
      { name: "STAGE", help: `One of ${Object.keys(stages).join(", ")}.`, choices: Object.keys(stages) },
      {
        name: "WHAT",
        shown: "[WHAT]",
        noun: "secret",
        help: `One of ${anywhere(stages).join(", ")}.`,
        choices: anywhere(stages),
        optional: true,
      },
    ],
  });

/** Reads the command line of `npm run secrets`; undefined asks for help. @throws UsageError with all problems at once */
export function parseSecretsArguments(args: readonly string[], stages: SecretStages): SecretsArguments | undefined {
  const given = parseCommandLine(
    secretsCommandLine(stages),
    args,
    ({ COMMAND, STAGE, WHAT, "no-deploy": noDeploy }) => [
      ...(noDeploy && COMMAND !== "rotate" ? ["--no-deploy belongs to rotate."] : []),
      ...(COMMAND === "rotate" && WHAT === undefined ? [`Say what to rotate: ${anywhere(stages).join(", ")}.`] : []),
      ...elsewhere(stages, STAGE, WHAT),
      ...(COMMAND === "check" && WHAT !== undefined ? [`check looks at all of them; leave "${WHAT}" out.`] : []),
    ],
  );
  if (!given) return undefined;
  const { COMMAND: command, STAGE: stage, WHAT: what } = given;
  return {
    command,
    stage,
    ...(what !== undefined && { what }),
    ...(command === "rotate" && { deploy: !given["no-deploy"] }),
  } as SecretsArguments;
}

/** Refuses what another stage has and this one has not. */
function elsewhere(stages: SecretStages, name: string | undefined, what: string | undefined): string[] {
  const stage = stages[name ?? ""];
  if (!stage || what === undefined || !anywhere(stages).includes(what) || rotatable(stage).includes(what)) return [];
  return [`${name} has no secret "${what}", which another stage has. Its secrets are ${rotatable(stage).join(", ")}.`];
}
