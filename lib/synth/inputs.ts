import { type Migrations, migrationsIn, sourceDigest } from "../common/contents";
import { ConfigError } from "../stages/config-error";

/** Reads which migrations `directory` holds. @throws ConfigError if there are none */
export function readMigrations(directory: string): Migrations {
  const migrations = attempt(directory, "The folder of the migrations", () => migrationsIn(directory));
  if (migrations !== undefined) return migrations;
  throw new ConfigError(directory, [
    "There is no .sql file here, so the migration Job would have nothing to run. Run synth in the project's folder.",
  ]);
}

/** Computes the digest of the source of an image that is built from `directory`. @throws ConfigError */
export const readSource = (directory: string): string =>
  attempt(directory, "The image's source", () => sourceDigest(directory));

function attempt<Result>(directory: string, what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const { code, path = directory } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ConfigError(path, [`${what} cannot be read (${code}). Run synth in the project's folder.`]);
  }
}
