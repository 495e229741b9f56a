import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../lib/local/embedded-postgres";
import { prod } from "../../lib/stages/prod";
import { parseMebibytes } from "../../lib/stages/quantity";
import { CannotRun } from "../cannot-run";
import { measuredEnvironment } from "../process";
import { ControlGroup } from "../scaling/control-group";

/** Scheme of the API. The one place that knows it. */
const SCHEME = "http";

/** Milliseconds for a start. */
const START_MS = 30_000;

/** A program under load. */
export interface Service {
  readonly pid: number;
  readonly url: string;
  /** Of the path with the metrics; on the API's port in releases before it had its own. */
  readonly metricsUrl: string;
  stop(): Promise<void>;
}

/** MiB of prod's container. */
export const MEMORY = parseMebibytes(prod.service.resources.limits.memory) ?? 0;

/** A control group with the memory of prod's container, by which V8 sizes its heap; undefined where none can be made. */
export function containerMemory(): ControlGroup | undefined {
  try {
    const group = ControlGroup.create();
    group.limit({ memory: MEMORY });
    return group;
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    console.log(`Without prod's limit of ${MEMORY} MiB: ${error.message}`);
    return undefined;
  }
}

export interface ServiceOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Node and its options. */
  readonly node: readonly [string, ...string[]];
  readonly group: ControlGroup | undefined;
}

/** Starts a bundle as in prod's pod: its pool, its waits, its log in a pipe that somebody reads. */
export async function startService(bundle: string, { node, environment, group }: ServiceOptions): Promise<Service> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = measuredEnvironment({
    ...{ NODE_ENV: "production", HOST: "127.0.0.1", PORT: String(port), METRICS_PORT: String(metricsPort) },
    POOL_MAX: String(prod.service.poolSize),
    OUTAGE_WAIT_MS: String(prod.service.outageWaitSeconds * 1000),
    SHUTDOWN_DELAY_MS: "0",
    ...environment,
  });
  const [program, ...options] = node;
  const start = async () => spawn(program, [...options, bundle], { env, stdio: ["ignore", "pipe", "inherit"] });
  const child = await (group ? group.within(start) : start());
  const last: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    if (last.length < 50) last.push(chunk.toString());
  });
  const url = `${SCHEME}://127.0.0.1:${port}`;
  await untilReady(child, `${url}/readyz`, last);
  const own = `${SCHEME}://127.0.0.1:${metricsPort}/metrics`;
  const metricsUrl = await fetch(own).then(
    () => own,
    () => `${url}/metrics`,
  );
  return { pid: child.pid ?? 0, url, metricsUrl, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, url: string, log: readonly string[]): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill("SIGKILL");
      throw new CannotRun(`data-svc is not ready at ${url}. It says: ${log.join("").slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
