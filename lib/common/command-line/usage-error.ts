/** A wrong command line. The message has one problem per line. Programs exit with code 2 on it. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
