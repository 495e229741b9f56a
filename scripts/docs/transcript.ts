/** One command of a block with its output. */
export interface Step {
  readonly command: string;
  /**
   * Lines of output. `…` stands for any text in a line, and alone for any number of lines. Undefined allows any output.
   */
  readonly expected?: readonly string[];
}

/**
 * Splits a block into its commands. In `console`, each begins with `$ ` and continues on lines that begin with `> `.
 */
export function stepsOf({ language, text }: { readonly language: "console" | "sh"; readonly text: string }): Step[] {
  if (language === "sh") return [{ command: text }];
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of text.split("\n")) {
    const step = steps.at(-1);
    if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
    else if (step?.expected.length === 0 && /^>( |$)/.test(line)) step.command += `\n${line.slice(2)}`;
    else step?.expected.push(line);
  }
  return steps;
}

/** Whether `output` matches `expected`. Ignores spaces at the end of lines and empty lines at the end. */
export function fits(expected: readonly string[], output: string): boolean {
  const pattern = trimmed(expected.join("\n"))
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*" : `${line.split("…").map(escaped).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${trimmed(output)}\n`);
}

const trimmed = (text: string) => text.replace(/[ \t]+$/gm, "").trimEnd();
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
