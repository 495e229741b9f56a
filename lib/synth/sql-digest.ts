import * as fs from "node:fs";
import * as path from "node:path";
import { digest } from "../common/digest";
import { ConfigError } from "../stages/config-error";

/**
 * Computes a digest of the names and contents of the migrations in `directory`.
 * @throws ConfigError if there are none
 */
export function sqlDigest(directory: string): string {
  let files: string[];
  try {
    files = fs.readdirSync(directory).filter((file) => file.endsWith(".sql"));
  } catch (error) {
    throw new ConfigError(directory, [
      `The folder of the migrations cannot be read (${(error as NodeJS.ErrnoException).code}). Run synth in the project's folder.`,
    ]);
  }
  if (files.length === 0) {
    throw new ConfigError(directory, [
      "There is no .sql file here, so the migration Job would have nothing to run. Run synth in the project's folder.",
    ]);
  }
  return digest(files.sort().flatMap((file) => [file, fs.readFileSync(path.join(directory, file), "utf8")]));
}
