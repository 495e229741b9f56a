import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { eventually } from "../../data-svc/support";
import { findExecutable } from "./programs";

// biome-ignore lint/style/noProcessEnv: where programs are.
const FOLDERS = (process.env.PATH ?? "").split(path.delimiter);
const [PROMETHEUS, PROMTOOL] = ["prometheus", "promtool"].map((name) =>
  findExecutable(FOLDERS.map((folder) => path.join(folder, name))),
);

/** Why no Prometheus can be started here; undefined if one can. */
export const lacksPrometheus =
  PROMETHEUS && PROMTOOL ? undefined : "prometheus is not installed (Debian: apt-get install prometheus)";

/** A real Prometheus on loopback, which scrapes nothing and has the samples that it was started with. */
export class StartedPrometheus {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param openMetrics samples with their times, in OpenMetrics' text format */
  static async start(openMetrics: string): Promise<StartedPrometheus> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "prometheus-"));
    const [samples, data, configuration] = ["samples", "data", "prometheus.yml"].map((name) => path.join(folder, name));
    writeFileSync(String(samples), openMetrics);
    writeFileSync(String(configuration), "{}\n");
    const made = spawnSync(
      String(PROMTOOL),
      ["tsdb", "create-blocks-from", "openmetrics", String(samples), String(data)],
      { encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`promtool: ${made.stderr}${made.stdout}`);
    const port = await freePort();
    const flags = [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn(String(PROMETHEUS), flags, { cwd: folder, stdio: "ignore" });
    const started = new StartedPrometheus(`http://127.0.0.1:${port}`, child, folder);
    await eventually(async () => (await fetch(`${started.url}/-/ready`).catch(() => undefined))?.ok === true, 60_000);
    return started;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
