import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { freePort } from "../../../lib/local/embedded-postgres";
import type { TestPostgres } from "../../support/postgres";
import { findExecutable } from "./programs";

const PROGRAM = findExecutable(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]);

/** Why there is no PgBouncer to test with; undefined if there is one. */
export const lacksPgBouncer = PROGRAM ? undefined : "there is no pgbouncer; Debian's package has that name";

/** Unprivileged, as PgBouncer refuses to be root. Debian's `nobody`. */
const NOBODY = 65534;

/** A real PgBouncer before a test server, in one pool mode, for the tests that follow in the same block. */
export function usePgBouncer(postgres: TestPostgres, settings: Readonly<Record<string, string>>): PgBouncer {
  const pooler = new PgBouncer();
  beforeAll(() => pooler.start(postgres, settings));
  afterAll(() => pooler.stop());
  return pooler;
}

export class PgBouncer {
  #folder = "";
  #port = 0;
  #process: ChildProcess | undefined;

  /** The same database through the pooler. */
  url(direct: string): string {
    const url = new URL(direct);
    url.port = String(this.#port);
    return url.href;
  }

  async start({ server }: TestPostgres, settings: Readonly<Record<string, string>>): Promise<void> {
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
    const child = spawn(PROGRAM ?? "", [ini], { ...identity, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
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
