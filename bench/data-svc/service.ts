import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { freePort } from "../../lib/local/embedded-postgres";
import { prod } from "../../lib/stages/prod";
import { parseMebibytes } from "../../lib/stages/quantity";
import { CannotRun } from "../cannot-run";
import { measuredEnvironment } from "../process";
import { ControlGroup } from "../scaling/control-group";

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
  /** Folder with a certificate, for a service that speaks TLS alone. */
  readonly tls: string | undefined;
}

/** Starts a bundle as in prod's pod: its pool, its waits, its log in a pipe that somebody reads. */
export async function startService(
  bundle: string,
  { node, environment, group, tls }: ServiceOptions,
): Promise<Service> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = measuredEnvironment({
    ...{ NODE_ENV: "production", HOST: "127.0.0.1", PORT: String(port), METRICS_PORT: String(metricsPort) },
    POOL_MAX: String(prod.service.poolSize),
    OUTAGE_WAIT_MS: String(prod.service.outageWaitSeconds * 1000),
    SHUTDOWN_DELAY_MS: "0",
    ...(tls !== undefined && { TLS_FOLDER: tls }),
    ...environment,
  });
  const [program, ...options] = node;
  const start = async () => spawn(program, [...options, bundle], { env, stdio: ["ignore", "pipe", "inherit"] });
  const child = await (group ? group.within(start) : start());
  const last: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    if (last.length < 50) last.push(chunk.toString());
  });
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  await untilReady(child, `${url}/readyz`, last);
  const own = `http://127.0.0.1:${metricsPort}/metrics`;
  const metricsUrl = (await answersWell(own)) ? own : `${url}/metrics`;
  return { pid: child.pid ?? 0, url, metricsUrl, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, url: string, log: readonly string[]): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    if (await answersWell(url)) return;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill("SIGKILL");
      throw new CannotRun(`data-svc is not ready at ${url}. It says: ${log.join("").slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Does not check the certificate, since the service works as much for either. */
function answersWell(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? https.get(url, { rejectUnauthorized: false }) : http.get(url);
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
