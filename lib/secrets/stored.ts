import * as fs from "node:fs";
import * as path from "node:path";
import type { KeyPair, PartialTls } from "./certificates";
import type { BackupKeys, PartialCredentials } from "./credentials";

/** A credentials file that cannot be read, written or understood. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/**
 * Reads a credentials file and makes it readable for its owner alone. Undefined if there is none.
 * @throws CredentialsError
 */
export function read(file: string): PartialCredentials | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
    keepPrivate(path.dirname(file), 0o700);
    keepPrivate(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure(file, "cannot be read", error);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (isCredentialsLike(parsed)) return requirePasswords(file, parsed);
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    // The parser's message would quote the file with its passwords.
  }
  throw new CredentialsError(
    `${file} is not the JSON object of strings that synth writes. Repair it, or delete it to have new credentials made; a ` +
      "database that was created with the old ones must then be deleted with its volume.",
  );
}

/** Removes rights that an editor, a copy or a backup gave to group and others. */
function keepPrivate(place: string, mode: number): void {
  if ((fs.statSync(place).mode & 0o077) !== 0) fs.chmodSync(place, mode);
}

/** Refuses passwords that the pod beside the server does not set, because the server would keep the old one. */
function requirePasswords(file: string, credentials: PartialCredentials): PartialCredentials {
  const bad = Object.entries(credentials.passwords ?? {}).filter(([, password]) => !/^[ -~]+$/.test(password));
  if (bad.length === 0) return credentials;
  throw new CredentialsError(
    `${file} holds for ${bad.map(([user]) => user).join(", ")} a password that is empty or not printable ASCII on one line, which ` +
      "the database does not take over. Write another one, or take it out to have one made.",
  );
}

function isCredentialsLike(value: unknown): value is PartialCredentials {
  const ofStrings = (part: unknown) =>
    part === undefined ||
    (typeof part === "object" && part !== null && Object.values(part).every((entry) => typeof entry === "string"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { passwords, oauth, tls, backup, stores } = value as Record<string, unknown>;
  const { backup: putting, drill: getting } = (stores ?? {}) as Record<string, unknown>;
  return (
    [passwords, oauth, putting, getting].every(ofStrings) &&
    (tls === undefined || isTlsLike(tls)) &&
    (backup === undefined || isKeysLike(backup))
  );
}

function isKeysLike(value: unknown): value is BackupKeys {
  const { people, drill } = (value ?? {}) as Partial<BackupKeys>;
  return [people, drill].every((pair) => typeof pair?.recipient === "string" && typeof pair.identity === "string");
}

function isTlsLike(value: unknown): value is PartialTls {
  const { authority, server, service = server } = (value ?? {}) as Record<string, Partial<KeyPair> | undefined>;
  return [authority, server, service].every(
    (pair) => typeof pair?.certificate === "string" && typeof pair.key === "string",
  );
}

export function failure(file: string, what: string, error: unknown): CredentialsError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CredentialsError(
    `${file} ${what} (${code ?? message}). It holds dev's credentials: make it and its folder yours (folder 0700, file 0600), ` +
      "or synthesize the other stages alone with STAGE=staging,prod.",
  );
}
