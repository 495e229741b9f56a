import * as fs from "node:fs";
import * as path from "node:path";
import { draftOf, sweepDrafts } from "../common/drafts";
import { ALL_TLS, type KeyPair, type PartialTls, type StageTls, staleTls, type TlsNames } from "./certificates";
import { type BackupKeys, type Credentials, completeCredentials, type DatabaseUser, isComplete } from "./credentials";
import { CredentialsError, failure, read } from "./stored";

export { CredentialsError } from "./stored";

/** Path of a stage's generated credentials, relative to the project's folder. */
export const credentialsFile = (stage: string) => path.join(".secrets", `${stage}.json`);

/** A lock older than this belongs to a dead process, since making the file takes well under a second. */
const STALE_LOCK_MS = 10_000;

/** Servers and users whose credentials a file has to hold. */
export interface Wanted {
  /** Names of the servers, for their certificates. */
  readonly names: TlsNames;
  /** Users of the database. */
  readonly users: readonly DatabaseUser[];
}

/**
 * Loads the credentials in `file`, with certificates for servers of these names. Generates and stores
 * missing values and expiring certificates once: parallel callers get the same values. The file has mode 0600, its
 * folder 0700. Never prints a value.
 * @throws CredentialsError
 */
export async function loadCredentials(file: string, wanted: Wanted, now = new Date()): Promise<Credentials> {
  const present = read(file) ?? {};
  if (isComplete(present, wanted.users) && stale(file, present.tls, wanted.names, now).length === 0) return present;
  return updateCredentials(file, wanted, (complete) => complete, now);
}

/**
 * Completes the credentials in `file`, applies `change`, stores and returns the result. Takes turns with other
 * processes.
 * @throws CredentialsError
 */
export async function updateCredentials(
  file: string,
  { names, users }: Wanted,
  change: (complete: Credentials) => Credentials | Promise<Credentials>,
  now = new Date(),
): Promise<Credentials> {
  return await locked(file, async () => {
    const latest = read(file) ?? {};
    const tls = await freshTls(file, latest.tls, names, now);
    const complete = completeCredentials(latest, users, tls, latest.backup ?? (await makeBackupKeys()));
    const changed = await change(complete);
    if (JSON.stringify(changed) !== JSON.stringify(latest)) write(file, changed);
    return changed;
  });
}

async function makeBackupKeys(): Promise<BackupKeys> {
  const { makeAgeKeys } = require("./age-keys") as typeof import("./age-keys");
  return { people: await makeAgeKeys(), drill: await makeAgeKeys() };
}

async function freshTls(file: string, tls: PartialTls | undefined, names: TlsNames, now: Date): Promise<StageTls> {
  const wanted = tls ? stale(file, tls, names, now) : ALL_TLS;
  if (tls && isWhole(tls) && wanted.length === 0) return tls;
  const { issueAuthority, issueServer } = require("./issue") as typeof import("./issue");
  const authority = tls && !wanted.includes("authority") ? tls.authority : await issueAuthority(now);
  const fresh = async (which: keyof TlsNames): Promise<KeyPair> =>
    (!wanted.includes(which) && tls?.[which]) || (await issueServer(authority, names[which], now));
  return { authority, server: await fresh("server"), service: await fresh("service") };
}

const isWhole = (tls: PartialTls): tls is StageTls => tls.service !== undefined;

function stale(file: string, tls: PartialTls, names: TlsNames, now: Date) {
  try {
    return staleTls(tls, names, now);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CredentialsError(
      `${file} holds under "tls" what is no certificate with its key (${code ?? message}). Remove "tls" from it to have ` +
        "another authority and certificate made; nothing else depends on the old ones.",
    );
  }
}

/** Renames the finished file into place, so that readers never see half of it. */
function write(file: string, credentials: Credentials): void {
  const draft = draftOf(file);
  try {
    sweepDrafts(path.dirname(file));
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
