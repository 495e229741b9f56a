/** A command line that cannot stand: every reason, one a line. Programs end with code 2 on it. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
