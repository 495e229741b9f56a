import { parseArgs } from "node:util";
import type { Command, Flag, Operand, Options, Values } from "./command";
import { GENERAL_FLAGS, usageProblems } from "./flags";

/** A command's options. @throws MigrateError `usage`, naming what was probably meant */
export function parseCommandLine(command: Command, args: readonly string[]): Values {
  const flags: Readonly<Record<string, Flag>> = { ...command.flags, ...GENERAL_FLAGS };
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { type: flag.type, ...(flag.short && { short: flag.short }) }]),
  ) as Options;
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const { operand } = command;
  const words: string[] = [];
  const problems = tokens.flatMap((token): string[] => {
    if (token.kind === "positional") {
      if (!operand || (operand.choices && words.length > 0))
        return [`${JSON.stringify(token.value)} is one word too many.`];
      words.push(token.value);
      return [];
    }
    if (token.kind !== "option") return [];
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (!flag)
      return [`${token.rawName} is no option of ${command.name}.${suggestion(token.name, Object.keys(flags), "--")}`];
    if (flag.type === "string" && (token.value === undefined || token.value === ""))
      return [`--${token.name} needs a value.`];
    if (flag.type === "boolean" && token.value !== undefined) return [`--${token.name} takes no value.`];
    return [];
  });
  if (operand && problems.length === 0) problems.push(...checkOperand(command.name, operand, words));
  usageProblems(problems);
  return { ...(values as Values), ...(operand && { [operand.name]: words.join(operand.many ? "\n" : " ") }) };
}

function checkOperand(command: string, { name, choices, help, many }: Operand, words: readonly string[]): string[] {
  if (many) return [];
  const [first = ""] = words;
  if (first === "") return [`${command} needs ${name}: ${help}`];
  if (!choices || choices.includes(first)) return [];
  return [`${JSON.stringify(first)} is none of ${choices.join(", ")}.${suggestion(first, choices)}`];
}

/** ` Did you mean status?`, or nothing where nothing is near. */
export function suggestion(word: string, known: readonly string[], prefix = ""): string {
  const ranked = known
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  if (!nearest || nearest.distance > Math.max(2, word.length / 3)) return "";
  return ` Did you mean ${prefix}${nearest.name}?`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
