import { SCRIPTS } from "./scripts";

/**
 * A script of `scripts/` after assignments of what it is told. Lines that are nothing but a comment stay behind, so that another
 * comment restarts no server.
 */
export function shellScript(name: keyof typeof SCRIPTS, variables: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(variables).map(([variable, value]) => `${variable}=${word(String(value))}\n`);
  return assignments.join("") + SCRIPTS[name].replace(/^ *#.*\n/gm, "");
}

/** As the shell reads it back. */
const word = (value: string) => (/^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);
