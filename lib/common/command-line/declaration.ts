interface Described {
  /** One-letter form of the option, without the hyphen. */
  readonly short?: string;
  readonly help: string;
}

/** A switch, either given or not. It takes no value, so nobody has to guess what `--yes=false` means. */
export interface BooleanOption extends Described {
  readonly type: "boolean";
}

export interface TextOption extends Described {
  readonly type: "string";
  /** Stands for the value in the help, e.g. `FOLDER`. */
  readonly placeholder: string;
  /** The only values allowed. @default any but the empty one */
  readonly choices?: readonly string[];
  /** Whether the option may be repeated; its value is then a list. @default false, the last one counts */
  readonly multiple?: boolean;
}

export interface NumberOption extends Described {
  readonly type: "number";
  readonly placeholder: string;
  readonly least: number;
  /** The largest number allowed. @default no limit */
  readonly most?: number;
  /** Whether the number may have up to three decimals. @default false */
  readonly fraction?: boolean;
  /**
   * Describes the allowed numbers in messages, limits included, e.g. `a port from 1 to 65535`.
   * @default made from `unit`
   */
  readonly takes?: string;
  /** Describes the numbers in messages; the broken limit follows. @default "a whole number" */
  readonly unit?: string;
  /** The value if the option is not given. @default undefined */
  readonly default?: number;
}

export type Option = BooleanOption | TextOption | NumberOption;
export type Options = Readonly<Record<string, Option>>;

/** A word that is not an option. */
export interface Operand {
  /** Stands for the word in the help, and is its key among the values, e.g. `STAGE`. */
  readonly name: string;
  readonly help: string;
  /** Name in messages. @default the name in lower case */
  readonly noun?: string;
  /** Form in the help's first line, e.g. `[WHAT]`. @default the name */
  readonly shown?: string;
  /** The only words allowed. @default any */
  readonly choices?: readonly string[];
  /** Whether it takes all remaining words, as a list. Only for the last operand. @default false */
  readonly many?: boolean;
  /** Whether it may be left out. @default false */
  readonly optional?: boolean;
}

/** Everything that a program, or one command of it, takes. `--help` and `-h` are always included. */
export interface CommandLine<Own extends Options = Options, Words extends readonly Operand[] = readonly Operand[]> {
  /** Name in messages, e.g. `up`. */
  readonly name: string;
  /** Whether the program has several commands. Messages then say which command an option belongs to. @default false */
  readonly oneOfSeveral?: boolean;
  /** The words that start it, e.g. `npm run deploy --`. */
  readonly start: string;
  readonly description: string;
  readonly options: Own;
  readonly operands: Words;
  /** Ends the help: environment, examples, exit codes. @default nothing */
  readonly notes?: string;
}

/** Any value of an option or operand. */
export type Value = string | number | boolean | readonly string[] | undefined;

type ChoiceOf<Declared> = Declared extends { readonly choices: readonly (infer Choice extends string)[] }
  ? Choice
  : string;
type OptionValue<Declared extends Option> = Declared["type"] extends "boolean"
  ? boolean
  : Declared["type"] extends "number"
    ? Declared extends { readonly default: number }
      ? number
      : number | undefined
    : Declared extends { readonly multiple: true }
      ? readonly ChoiceOf<Declared>[]
      : ChoiceOf<Declared> | undefined;
type OperandValue<Declared extends Operand> = Declared extends { readonly many: true }
  ? readonly ChoiceOf<Declared>[]
  : Declared extends { readonly optional: true }
    ? ChoiceOf<Declared> | undefined
    : ChoiceOf<Declared>;

/** The given values: options by name, operands by their name in the help. */
export type Values<Own extends Options, Words extends readonly Operand[]> = {
  readonly [Name in keyof Own]: OptionValue<Own[Name]>;
} & { readonly [Word in Words[number] as Word["name"]]: OperandValue<Word> };

/** Makes a declaration and keeps its exact types, so that the values are typed too. */
export const commandLine = <const Own extends Options, const Words extends readonly Operand[]>(
  declared: CommandLine<Own, Words>,
): CommandLine<Own, Words> => declared;

export const HELP = { type: "boolean", short: "h", help: "Print this text." } as const satisfies Option;
