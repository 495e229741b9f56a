import { shellWord } from "../common/shell-word";
import { SCRIPTS } from "./scripts";

type Name = keyof typeof SCRIPTS;

/**
 * A script of `scripts/`, or several as one, after assignments of its variables. Drops lines that only hold a comment, so
 * that editing a comment restarts no server.
 */
export function shellScript(
  name: Name | readonly Name[],
  variables: Readonly<Record<string, string | number>>,
): string {
  const texts = [name].flat().map((each) => SCRIPTS[each as Name].replace(/^ *#.*\n/gm, ""));
  return withVariables(texts.map((text, index) => (index === 0 ? text : text.trimStart())).join(""), variables);
}

/** A text of shell after assignments of its variables. */
export function withVariables(text: string, variables: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${shellWord(String(value))}\n`);
  return assignments.join("") + text;
}
