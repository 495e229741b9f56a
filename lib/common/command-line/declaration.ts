interface Described {
  /** One letter that stands for it, without the hyphen. */
  readonly short?: string;
  readonly help: string;
}

/** Given or not. It takes no value: `--yes=false` must not be understood as yes, nor `--yes=true` as no. */
export interface BooleanOption extends Described {
  readonly type: "boolean";
}

export interface TextOption extends Described {
  readonly type: "string";
  /** Placeholder of its value in the help, e.g. `FOLDER`. */
  readonly placeholder: string;
  /** The only values that it takes. @default any but the empty one */
  readonly choices?: readonly string[];
  /** Whether it may be repeated; its value is then a list. @default false, the last one counts */
  readonly multiple?: boolean;
}

export interface NumberOption extends Described {
  readonly type: "number";
  readonly placeholder: string;
  readonly least: number;
  /** @default no limit */
  readonly most?: number;
  /** Whether it may have up to three decimals. @default false */
  readonly fraction?: boolean;
  /** How a message calls the numbers that it takes, limits included, e.g. `a port from 1 to 65535`. @default made from `unit` */
  readonly takes?: string;
  /** How a message calls them, before the limit that was passed. @default "a whole number" */
  readonly unit?: string;
  /** Its value if it is not given. @default undefined */
  readonly default?: number;
}

export type Option = BooleanOption | TextOption | NumberOption;
export type Options = Readonly<Record<string, Option>>;

/** A word that is no option. */
export interface Operand {
  /** Placeholder in the help, and key among the values, e.g. `STAGE`. */
  readonly name: string;
  readonly help: string;
  /** How messages call it. @default the name in lower case */
  readonly noun?: string;
  /** How the first line of the help shows it, e.g. `[WHAT]`. @default the name */
  readonly shown?: string;
  /** The only words that it may be. @default any */
  readonly choices?: readonly string[];
  /** Whether it is all words that are left; its value is then a list. For the last operand. @default false */
  readonly many?: boolean;
  /** Whether it may be left out. @default false */
  readonly optional?: boolean;
}

/** The options and operands of a program, or of one command of it. Every one also takes `--help` and `-h`. */
export interface CommandLine<Own extends Options = Options, Words extends readonly Operand[] = readonly Operand[]> {
  /** How messages call it, e.g. `up`. */
  readonly name: string;
  /** Whether it is one of several commands of a program, so that messages say whose options they mean. @default false */
  readonly oneOfSeveral?: boolean;
  /** Start of the command line, e.g. `npm run deploy --`. */
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

/** The given values: options by name, operands by the name that the help shows. */
export type Values<Own extends Options, Words extends readonly Operand[]> = {
  readonly [Name in keyof Own]: OptionValue<Own[Name]>;
} & { readonly [Word in Words[number] as Word["name"]]: OperandValue<Word> };

/** Makes a declaration whose values have the types that it says. */
export const commandLine = <const Own extends Options, const Words extends readonly Operand[]>(
  declared: CommandLine<Own, Words>,
): CommandLine<Own, Words> => declared;

export const HELP = { type: "boolean", short: "h", help: "Print this text." } as const satisfies Option;
