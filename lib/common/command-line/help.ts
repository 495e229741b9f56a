import { type CommandLine, HELP, type Option } from "./declaration";
import type { UsageError } from "./usage-error";

/** Writes the text of `--help`. */
export const usageText = (declared: CommandLine): string => `Usage: ${helpText(declared)}`;

/** Writes the problem of a command line, and its correct form. */
export const misuseText = (error: UsageError, declared: CommandLine) => `${error.message}\n\n${usageText(declared)}`;

/** The help without `Usage:` in front. */
export function helpText({ start, description, options, operands, notes }: CommandLine): string {
  const words = operands.map(({ name, shown = name }) => `${shown} `).join("");
  const sections = [
    `${start} ${words}[options]`,
    description,
    columns(operands.map(({ name, help }) => [name, help])),
    columns(
      Object.entries({ ...options, help: HELP }).map(([name, option]) => [labelOf(name, option), helpOf(option)]),
    ),
    notes?.trimEnd() ?? "",
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

/** Rows of two columns, of which the first is as wide as its widest text; lines of the second stay below each other. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  const indent = `\n${" ".repeat(width + 4)}`;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll("\n", indent)}`).join("\n");
}

function labelOf(name: string, option: Option): string {
  const value = option.type === "boolean" ? "" : ` ${option.placeholder}`;
  return `${option.short === undefined ? "" : `-${option.short}, `}--${name}${value}`;
}

const helpOf = (option: Option) =>
  option.type === "number" && option.default !== undefined ? `${option.help} [${option.default}]` : option.help;
