import * as fs from "node:fs";
import * as path from "node:path";
import { type Credentials, completeCredentials, isComplete, type PartialCredentials } from "./credentials";

/** A credentials file that cannot be read, written or understood. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** A lock that is older than this belongs to a process that died: making the file takes milliseconds. */
const STALE_LOCK_MS = 10_000;

/**
 * The credentials in `file`. What is missing, the whole file included, is made up and stored, once: processes that call this
 * at the same time get the same values. The file has the mode 0600, its folder 0700. Never prints a value.
 * @throws CredentialsError
 */
export function loadCredentials(file: string): Credentials {
  const present = read(file);
  if (present && isComplete(present)) return present;
  return locked(file, () => {
    const latest = read(file) ?? {};
    if (isComplete(latest)) return latest;
    const complete = completeCredentials(latest);
    write(file, complete);
    return complete;
  });
}

function read(file: string): PartialCredentials | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure(file, "cannot be read", error);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (isCredentialsLike(parsed)) return parsed;
  } catch {
    // The parser's message quotes the file, passwords and all; what follows says enough.
  }
  throw new CredentialsError(
    `${file} is not the JSON object of strings that synth writes. Repair it, or delete it to have new credentials made; a ` +
      "database that was created with the old ones must then be deleted with its volume.",
  );
}

function isCredentialsLike(value: unknown): value is PartialCredentials {
  const ofStrings = (part: unknown) =>
    part === undefined ||
    (typeof part === "object" && part !== null && Object.values(part).every((entry) => typeof entry === "string"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { passwords, oauth } = value as Record<string, unknown>;
  return ofStrings(passwords) && ofStrings(oauth);
}

/** Renamed into place, so that a reader never sees half of it. */
function write(file: string, credentials: Credentials): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    fs.writeFileSync(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    fs.renameSync(draft, file);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw failure(file, "cannot be written", error);
  }
}

function locked<Result>(file: string, use: () => Result): Result {
  const lock = `${file}.lock`;
  acquire(file, lock);
  try {
    return use();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function acquire(file: string, lock: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    for (;;) {
      try {
        fs.closeSync(fs.openSync(lock, "wx", 0o600));
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const age = Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
      if (age > STALE_LOCK_MS && Number.isFinite(age)) fs.rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  } catch (error) {
    throw failure(file, "cannot be created", error);
  }
}

function failure(file: string, what: string, error: unknown): CredentialsError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CredentialsError(
    `${file} ${what} (${code ?? message}). It holds dev's credentials: make it and its folder yours (folder 0700, file 0600), ` +
      "or synthesize the other stages alone with STAGE=staging,prod.",
  );
}
