import { shellWord } from "../common/shell-word";
import { SCRIPTS } from "./scripts";

/**
 * A script of `scripts/`, after assignments of its variables. Drops lines that only hold a comment, so that editing a
 * comment restarts no server.
 */
export function shellScript(name: keyof typeof SCRIPTS, variables: Readonly<Record<string, string | number>>): string {
  return withVariables(SCRIPTS[name].replace(/^ *#.*\n/gm, ""), variables);
}

/** A text of shell after assignments of its variables. */
export function withVariables(text: string, variables: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${shellWord(String(value))}\n`);
  return assignments.join("") + text;
}
