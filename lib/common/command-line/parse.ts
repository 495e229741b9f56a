import { parseArgs } from "node:util";
import {
  type CommandLine,
  HELP,
  type NumberOption,
  type Operand,
  type Option,
  type Options,
  type Value,
  type Values,
} from "./declaration";
import { suggestion } from "./suggestion";
import { UsageError } from "./usage-error";

/**
 * Reads `args` as `declared` says. Returns undefined if they ask for help, whatever else is given.
 * @param rules finds problems between values; a value that is wrong by itself is undefined there
 * @throws UsageError with all problems at once, and suggestions for misspelt words
 */
export function parseCommandLine<Own extends Options, Words extends readonly Operand[]>(
  declared: CommandLine<Own, Words>,
  args: readonly string[],
  rules: (values: Partial<Values<Own, Words>>) => readonly string[] = () => [],
): Values<Own, Words> | undefined {
  const options: Options = { ...declared.options, help: HELP };
  const { given, words } = split(options, args);
  if (given.some(({ name, value }) => name === "help" && value === undefined)) return undefined;
  const problems = given.flatMap((one) => misuse(one, options, declared));
  const operands = readOperands(declared, words, problems);
  const values = { ...readOptions(declared.options, given, problems), ...operands } as Values<Own, Words>;
  problems.push(...rules(values));
  if (problems.length > 0) throw new UsageError(problems);
  return values;
}

/** An option as it was written. */
interface Given {
  readonly name: string;
  /** The name with its hyphens. */
  readonly rawName: string;
  readonly value: string | undefined;
}

function split(options: Options, args: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        { type: type === "boolean" ? type : "string", ...(short !== undefined && { short }) } as const,
      ]),
    ),
    strict: false,
    tokens: true,
  });
  return {
    given: tokens.flatMap((token): Given[] => (token.kind === "option" ? [token] : [])),
    words: tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : [])),
  };
}

function misuse({ name, rawName, value }: Given, options: Options, declared: CommandLine): readonly string[] {
  const option = own(options, name);
  if (!option) {
    const unknown = declared.oneOfSeveral ? `no option of ${declared.name}` : "not an option";
    return [`${rawName} is ${unknown}.${suggestion(name, Object.keys(options), "--")}`];
  }
  if (option.type === "boolean")
    return value === undefined ? [] : [`--${name} takes no value: write it alone, or leave it out.`];
  return value === undefined || value === "" ? [`--${name} needs a value.`] : [];
}

const own = (options: Options, name: string) => (Object.hasOwn(options, name) ? options[name] : undefined);

function readOptions(options: Options, given: readonly Given[], problems: string[]): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const values = given.filter((one) => one.name === name).map(({ value }) => value);
      if (option.type === "boolean") return [name, values.length > 0];
      return [name, lastOrAll(`--${name}`, option, values.filter(Boolean) as string[], problems)];
    }),
  );
}

function lastOrAll(
  name: string,
  option: Exclude<Option, { type: "boolean" }>,
  texts: readonly string[],
  problems: string[],
): Value {
  if (option.type === "number") {
    const last = texts.at(-1);
    return last === undefined ? option.default : numberOf(name, option, last, problems);
  }
  const { choices, multiple } = option;
  const right = texts.filter((text) => !choices || choices.includes(text));
  for (const text of texts)
    if (choices && !right.includes(text))
      problems.push(
        `${name} is ${JSON.stringify(text)}; it takes one of ${choices.join(", ")}.${suggestion(text, choices)}`,
      );
  return multiple ? right : right.at(-1);
}

function numberOf(name: string, option: NumberOption, text: string, problems: string[]): number | undefined {
  const { least, most = Number.POSITIVE_INFINITY, fraction = false, unit = "a whole number" } = option;
  const pattern = fraction ? /^\d{1,15}(\.\d{1,3})?$/ : /^-?\d{1,15}$/;
  const number = pattern.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const takes = option.takes ?? `${unit} of ${number > most ? `at most ${most}` : `at least ${least}`}`;
  problems.push(`${name} is ${JSON.stringify(text)}; it takes ${takes}.`);
  return undefined;
}

function readOperands(
  { name, operands }: CommandLine,
  words: readonly string[],
  problems: string[],
): Record<string, Value> {
  const left = [...words];
  const values = operands.map((operand) => {
    const taken = left.splice(0, operand.many ? left.length : 1);
    problems.push(...operandProblems(name, operand, taken));
    const right = taken.filter((word) => !operand.choices || operand.choices.includes(word));
    return [operand.name, operand.many ? right : right[0]] as const;
  });
  const [only] = operands;
  problems.push(
    ...left.map((word) =>
      only && operands.length === 1
        ? `One ${nounOf(only)} at a time, but ${JSON.stringify(word)} follows.`
        : `${JSON.stringify(word)} is one word too many.`,
    ),
  );
  return Object.fromEntries(values);
}

const nounOf = ({ name, noun = name.toLowerCase() }: Operand) => noun;

function operandProblems(command: string, operand: Operand, words: readonly string[]): readonly string[] {
  const { name, help, choices, optional } = operand;
  const noun = nounOf(operand);
  const known = choices && `The ${noun}s are ${choices.join(", ")}.`;
  if (words.every((word) => word === "") && !optional)
    return [known ? `No ${noun} is named. ${known}` : `${command} needs ${name}: ${help}`];
  return words
    .filter((word) => choices && !choices.includes(word))
    .map((word) => `There is no ${noun} ${JSON.stringify(word)}.${suggestion(word, choices ?? [])} ${known}`);
}
