/** A rollback that cannot be made. The message says why and what to do; nothing was changed. */
export class RollbackError extends Error {
  override readonly name = "RollbackError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
