import { parseArgs } from "node:util";
import { CannotRun } from "./cannot-run";

export interface Options<Default = number> {
  /** Measured rounds; one more, unmeasured, goes before them. */
  readonly runs: Default | number;
  /** Names of the contenders to run; undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
  /** The script's own options, as given. */
  readonly extra: Readonly<Record<string, string | undefined>>;
}

/** Reads `--runs N`, `--only a,b` and `extra` options that take a value. @throws CannotRun */
export function parseOptions<Default extends number | undefined>(
  argv: readonly string[],
  runs: Default,
  extra: readonly string[] = [],
): Options<Default> {
  const values = parse(argv, ["runs", "only", ...extra]);
  const rounds = values.runs === undefined ? runs : Number(values.runs);
  if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1)) {
    throw new CannotRun(`--runs is ${values.runs}, and has to be a whole number from 1.`);
  }
  const only = values.only === undefined ? undefined : new Set(values.only.split(","));
  return { runs: rounds, only, extra: values };
}

function parse(argv: readonly string[], names: readonly string[]): Record<string, string | undefined> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    return parseArgs({ args: [...argv], options }).values as Record<string, string | undefined>;
  } catch (error) {
    const known = names.map((name) => `--${name}`).join(", ");
    throw new CannotRun(`${(error as Error).message} This script takes ${known}.`);
  }
}

/** Those of `all` that `only` names, in the order of `all`. @throws CannotRun when it names one that is not there */
export function select<Named extends { readonly name: string }>(
  all: readonly Named[],
  only: ReadonlySet<string> | undefined,
): readonly Named[] {
  if (!only) return all;
  const names = all.map(({ name }) => name);
  const unknown = [...only].filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new CannotRun(`There is no ${unknown.join(", ")} here, but ${names.join(", ")}.`);
  return all.filter(({ name }) => only.has(name));
}
