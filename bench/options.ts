import { CannotRun } from "./cannot-run";

/** `--runs N` and `--only A,B`, which every benchmark takes. */
export const COMMON_OPTIONS = {
  runs: {
    type: "number",
    placeholder: "N",
    least: 1,
    help: "Measured rounds; one more, unmeasured, goes before them.",
  },
  only: { type: "string", placeholder: "A,B", help: "Names of the contenders to run. [all of them]" },
} as const;

/** Splits an option's value into names; undefined, which means all, if it is not given. */
export const namesIn = (list: string | undefined): ReadonlySet<string> | undefined =>
  list === undefined ? undefined : new Set(list.split(","));

/** Selects the items of `all` that `only` names, in the order of `all`. @throws CannotRun if a name is unknown */
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
