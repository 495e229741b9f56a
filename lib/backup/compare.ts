import type { ClientConfig } from "pg";
import { readContents } from "./contents";
import { type Comparable, differences } from "./differences";
import { BackupError } from "./errors";

/**
 * Lists every difference of a restored database from its backup; empty if it is the same.
 * @throws BackupError if the database cannot be read
 */
export async function compare(expected: Comparable, connection: ClientConfig): Promise<string[]> {
  const found = await readContents(connection).catch((error: Error) => {
    throw new BackupError(`The restored database cannot be read: ${error.message || error.name}.`);
  });
  return differences(expected, found);
}
