import { SCRIPTS } from "./scripts";

/**
 * A script of `scripts/`, after assignments of its variables. Drops lines that only hold a comment, so that editing a
 * comment restarts no server.
 */
export function shellScript(name: keyof typeof SCRIPTS, variables: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(variables).map(([variable, value]) => `${variable}=${word(String(value))}\n`);
  return assignments.join("") + SCRIPTS[name].replace(/^ *#.*\n/gm, "");
}

/** Quotes a value for the shell if necessary. */
const word = (value: string) => (/^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);
