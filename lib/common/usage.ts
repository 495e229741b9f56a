/** A command line that cannot stand; the message names everything that is wrong with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whoever writes `--yes=false` must not be understood as having said yes, nor `--yes=true` as not having said it. */
export const flagProblems = (flag: string, value: unknown): string[] =>
  value === true ? [] : [`--${flag} takes no value: write it alone, or leave it out.`];
