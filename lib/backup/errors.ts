/** A failure that the message explains, with what to do. */
export class BackupError extends Error {
  override readonly name: string = "BackupError";
}

/** A backup that differs from its manifest, or whose manifest says nothing sensible. */
export class DamageError extends BackupError {
  override readonly name = "DamageError";
}

/** An object that the store does not have. */
export class MissingError extends BackupError {
  override readonly name = "MissingError";
}

/** The code of a system error, e.g. `ENOSPC`. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;
