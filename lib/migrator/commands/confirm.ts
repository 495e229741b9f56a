import type { Options } from "../../common/command-line";
import type { CommandContext } from "./command";

export const YES_FLAG = {
  yes: { type: "boolean", short: "y", help: "Do not ask." },
} as const satisfies Options;

/** Explains why a command that has to ask cannot, as a problem with its arguments. */
export function nobodyToAsk({ values, interactive, output }: CommandContext, command: string): string[] {
  if (values.yes || (interactive && !output.json)) return [];
  return [`${command} asks before it changes anything, but nobody can answer here. Add --yes if you mean it.`];
}

/** Shows `lines` and asks. True only for yes. */
export async function agreed({ ask, output }: CommandContext, lines: readonly string[], question: string) {
  output.result(lines, {});
  return /^y(es)?$/i.test((await ask(`${question} Type yes: `)).trim());
}
