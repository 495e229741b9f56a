import { readFile } from "node:fs/promises";
import { identityToRecipient } from "age-encryption";
import { BackupError } from "../errors";

/** Reads the identities of a file as age-keygen writes it: one a line, and comments. */
export async function readIdentities(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new BackupError(
      `The identity cannot be read: ${error.message}. Name the file of your private key with --identity.`,
    );
  });
  const identities = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new BackupError(`${file} has no identity: no line begins with AGE-SECRET-KEY-1.`);
  for (const [index, identity] of identities.entries()) await requireIdentity(identity.trim(), file, index);
  return identities.map((identity) => identity.trim());
}

/** Never prints the line, which may be a key with a typo. */
async function requireIdentity(identity: string, file: string, index: number): Promise<void> {
  try {
    await identityToRecipient(identity);
  } catch {
    const hint = identity.startsWith("age1") ? " It is a public key; the private one opens backups." : "";
    throw new BackupError(
      `Identity ${index + 1} of ${file} is none that age knows.${hint} It begins with AGE-SECRET-KEY-1.`,
    );
  }
}
