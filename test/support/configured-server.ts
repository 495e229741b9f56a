import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Client, type ClientConfig } from "pg";
import { install } from "../../lib/local/installation";
import { issueTls } from "../../lib/secrets/issue";
import type { TestPostgres } from "./postgres";

/** A server's own configuration files. */
export interface ServerFiles {
  readonly "postgresql.conf": string;
  readonly "pg_hba.conf": string;
}

/**
 * The server of a test file, started again with whole configuration files instead of settings of ours. What binds them to a pod
 * (paths, address, port) is overridden.
 */
export class ConfiguredServer {
  private constructor(
    private readonly postgres: TestPostgres,
    private readonly process: ChildProcess,
  ) {}

  static async start(
    postgres: TestPostgres,
    files: ServerFiles,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ConfiguredServer> {
    const { server } = postgres;
    await server.stop();
    const { bin, identity } = await install(server.directory);
    const tls = await issueTls([server.host], new Date());
    const written = {
      ...files,
      // The supervisor makes the included file.
      "postgresql.conf": files["postgresql.conf"].replace(/^include = .*$/m, ""),
      "server.crt": tls.server.certificate,
      "server.key": tls.server.key,
    };
    for (const [name, text] of Object.entries(written)) {
      const file = path.join(server.directory, name);
      fs.writeFileSync(file, text, { mode: 0o600 });
      if (identity.uid !== undefined) fs.chownSync(file, identity.uid, identity.gid ?? identity.uid);
    }
    const all = {
      config_file: path.join(server.directory, "postgresql.conf"),
      hba_file: path.join(server.directory, "pg_hba.conf"),
      listen_addresses: server.host,
      port: String(server.port),
      unix_socket_directories: server.directory,
      ssl: "on",
      ssl_cert_file: path.join(server.directory, "server.crt"),
      ssl_key_file: path.join(server.directory, "server.key"),
      fsync: "off",
      // Files, since nothing of them is lost.
      logging_collector: "on",
      log_directory: "log",
      ...settings,
    };
    const data = path.join(server.directory, "data");
    const process = spawn(
      path.join(bin, "postgres"),
      ["-D", data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      { ...identity, cwd: server.directory, env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }, stdio: "ignore" },
    );
    const started = new ConfiguredServer(postgres, process);
    await started.answers();
    return started;
  }

  /** Everything that it has logged, in whatever format. */
  get log(): string {
    const folder = path.join(this.postgres.server.directory, "data", "log");
    return fs
      .readdirSync(folder)
      .map((file) => fs.readFileSync(path.join(folder, file), "utf8"))
      .join("\n");
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGINT");
    await exited;
  }

  /** A session that survives its server. A refused one rejects with the server's error. */
  async session(config: Partial<ClientConfig> = {}): Promise<Client> {
    const { host, port, superuser: user, password } = this.postgres.server;
    const ssl = { rejectUnauthorized: false };
    const client = new Client({ host, port, user, password, ssl, database: "postgres", ...config });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** Waits until it answers, after a crash, too, if only to refuse the login. */
  async answers(): Promise<void> {
    for (;;) {
      try {
        await (await this.session()).end();
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (this.process.exitCode !== null)
          throw new Error(`postgres ended with ${this.process.exitCode}: ${this.log}`);
        if (code !== "ECONNREFUSED" && code !== "57P03") return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
