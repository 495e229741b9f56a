import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type EmbeddedPostgres, freePort } from "../lib/local/embedded-postgres";

/** Unprivileged, as PgBouncer refuses to be root. Debian's `nobody`. */
const NOBODY = 65534;

/** A real PgBouncer before a server. */
export class PgBouncer {
  #folder = "";
  #port = 0;
  #process: ChildProcess | undefined;

  constructor(private readonly program: string) {}

  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The same database through the pooler. */
  url(direct: string): string {
    const url = new URL(direct);
    url.port = String(this.#port);
    return url.href;
  }

  async start(server: EmbeddedPostgres, settings: Readonly<Record<string, string>>): Promise<void> {
    this.#port = await freePort();
    this.#folder = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-pgbouncer-"));
    await fs.chmod(this.#folder, 0o755);
    const users = path.join(this.#folder, "users");
    const ini = path.join(this.#folder, "pgbouncer.ini");
    await fs.writeFile(users, `"${server.superuser}" "${server.password}"\n`);
    const all = {
      listen_addr: "127.0.0.1",
      listen_port: this.#port,
      unix_socket_dir: "",
      auth_type: "scram-sha-256",
      auth_file: users,
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    await fs.writeFile(ini, `[databases]\n* = host=127.0.0.1 port=${server.port}\n[pgbouncer]\n${lines.join("\n")}\n`);
    await this.#run(ini);
  }

  async #run(ini: string): Promise<void> {
    const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const child = spawn(this.program, [ini], { ...identity, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (chunk: Buffer) => {
        if (said.length < 10_000) said += chunk.toString();
        if (said.includes("process up")) resolve();
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`pgbouncer ended with code ${code}: ${said}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    await fs.rm(this.#folder, { recursive: true, force: true });
  }
}
