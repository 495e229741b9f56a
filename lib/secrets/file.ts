import * as fs from "node:fs";
import * as path from "node:path";
import { type KeyPair, type ServerTls, staleTls } from "./certificates";
import { type Credentials, completeCredentials, isComplete, type PartialCredentials } from "./credentials";

/** A credentials file that cannot be read, written or understood. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Where the credentials of a stage that makes up its own are, relative to the project's folder. */
export const credentialsFile = (stage: string) => path.join(".secrets", `${stage}.json`);

/** A lock that is older than this belongs to a process that died: making the file takes well under a second. */
const STALE_LOCK_MS = 10_000;

/**
 * The credentials in `file`, with a certificate for a database server of these names. What is missing, the whole file
 * included, is made up and stored, once, and so is a certificate that ends soon: processes that call this at the same time get
 * the same values. The file has the mode 0600, its folder 0700. Never prints a value.
 * @throws CredentialsError
 */
export async function loadCredentials(file: string, names: readonly string[], now = new Date()): Promise<Credentials> {
  const present = read(file) ?? {};
  if (isComplete(present) && !stale(file, present.tls, names, now)) return present;
  return updateCredentials(file, names, (complete) => complete, now);
}

/**
 * Stores what `change` makes of the credentials in `file`, which are completed first, and returns it. Takes turns with others that
 * do so. @throws CredentialsError
 */
export async function updateCredentials(
  file: string,
  names: readonly string[],
  change: (complete: Credentials) => Credentials | Promise<Credentials>,
  now = new Date(),
): Promise<Credentials> {
  return await locked(file, async () => {
    const latest = read(file) ?? {};
    const complete = completeCredentials(latest, await freshTls(file, latest.tls, names, now));
    const changed = await change(complete);
    if (JSON.stringify(changed) !== JSON.stringify(latest)) write(file, changed);
    return changed;
  });
}

async function freshTls(file: string, tls: ServerTls | undefined, names: readonly string[], now: Date) {
  const wanted = tls ? stale(file, tls, names, now) : "authority";
  if (tls && !wanted) return tls;
  const { issueServer, issueTls } = require("./issue") as typeof import("./issue");
  return tls && wanted === "server"
    ? { ...tls, server: await issueServer(tls.authority, names, now) }
    : await issueTls(names, now);
}

function stale(file: string, tls: ServerTls, names: readonly string[], now: Date) {
  try {
    return staleTls(tls, names, now);
  } catch (error) {
    throw new CredentialsError(
      `${file} holds under "tls" what is no certificate (${(error as NodeJS.ErrnoException).code}). Remove "tls" from it to have ` +
        "another authority and certificate made; nothing else depends on the old ones.",
    );
  }
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
  const { passwords, oauth, tls } = value as Record<string, unknown>;
  return ofStrings(passwords) && ofStrings(oauth) && (tls === undefined || isTlsLike(tls));
}

function isTlsLike(value: unknown): value is ServerTls {
  const { authority, server } = (value ?? {}) as Record<string, Partial<KeyPair> | undefined>;
  return [authority, server].every((pair) => typeof pair?.certificate === "string" && typeof pair.key === "string");
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

async function locked<Result>(file: string, use: () => Promise<Result>): Promise<Result> {
  const lock = `${file}.lock`;
  acquire(file, lock);
  try {
    return await use();
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
