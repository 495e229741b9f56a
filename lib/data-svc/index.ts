import type { FastifyInstance, FastifyListenOptions } from "fastify";
import type { DestinationStream } from "pino";
import { SCHEMA_VERSION } from "../contract";
import { IssuerKeys } from "./callers/keys";
import { Database } from "./database";
import { createLogger, type Logger } from "./logging";
import { Metrics } from "./metrics";
import { createMetricsServer } from "./metrics-server";
import { ActiveModel } from "./model-versions";
import { Readiness } from "./readiness";
import { Schema } from "./schema";
import { createServer } from "./server";
import type { Settings } from "./settings";
import { StandardOutput } from "./standard-output";
import { Startup, StartupError } from "./startup";
import { ServedIdentity } from "./tls/served-identity";

export { readSettings, type Settings, SettingsError } from "./settings";
export { StartupError } from "./startup";

export interface DataSvcOptions {
  /** Destination of the log, one JSON object a line. */
  readonly destination: DestinationStream | StandardOutput;
}

/** A running service. */
export interface DataSvc {
  /** `https://host:port`, with a host that this machine can connect to. */
  readonly url: string;
  /** The same of the metrics, which have a port of their own, without TLS. */
  readonly metricsUrl: string;
  readonly log: Logger;
  /**
   * Resolves when database, schema and seed are there; rejects with a StartupError if that is impossible. The server
   * answers before that, unready.
   */
  readonly ready: Promise<void>;
  /**
   * Turns unready, stops accepting, finishes running work and closes the pool. A second call waits for the first.
   * @param delayMs milliseconds between turning unready and closing, so that endpoints forget this pod; default 0
   */
  close(delayMs?: number): Promise<void>;
}

/** Starts the service. Resolves once it listens. @throws StartupError if it cannot listen */
export async function startDataSvc(settings: Settings, { destination }: DataSvcOptions): Promise<DataSvc> {
  const log = createLogger(settings.logLevel, destination);
  log.info({ required_schema_version: SCHEMA_VERSION }, "Starting");
  const metrics = new Metrics();
  if (destination instanceof StandardOutput) {
    metrics.watchLog(() => destination.leftOut);
    destination.onResumed((lines) => log.warn({ lines }, "The log's reader stalled, and lines were left out"));
  }
  const database = new Database(settings.database, log, metrics);
  const schema = new Schema(database, metrics);
  const model = new ActiveModel(database, metrics);
  const keys = new IssuerKeys(settings.issuerUrl, log, metrics);
  const startup = new Startup(database, settings, log, schema, model, keys);
  const identity = new ServedIdentity(settings.identity, log, metrics);
  const readiness = new Readiness(database, startup, log, schema, model, keys, identity);
  const { callers } = settings;
  const app = (await createServer({
    database,
    schema,
    readiness,
    metrics,
    keys,
    callers,
    identity,
    log,
    takes: async (write) => {
      if (destination instanceof StandardOutput) return await destination.takes(write);
      write();
      return true;
    },
  })) as unknown as FastifyInstance;
  const metricsApp = createMetricsServer({ metrics, log });
  const stop = async () => {
    await app.close();
    keys.close();
    identity.close();
    await database.close();
    // Last, so that a scrape still sees the stop.
    await metricsApp.close();
  };
  const { host, port, metricsPort } = settings;
  const listenAll = async () => ({
    metricsUrl: await listen({ app: metricsApp, name: "Metrics", variable: "METRICS_PORT", port: metricsPort }, host),
    url: await listen({ app, name: "API", variable: "PORT", port }, host),
  });
  const urls = await listenAll().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const starting = new AbortController();
  const ready = startup.run(starting.signal);
  // Callers may ignore `ready`; the log and /readyz give the reason as well.
  ready.catch((error) => log.debug({ err: error }, "The start did not complete"));
  let closing: Promise<void> | undefined;
  const close = async (delayMs = 0) => {
    readiness.stopping = true;
    database.holdNoLonger();
    starting.abort(new StartupError("The service was stopped before it was ready."));
    log.info({ delayMs }, "Stopping");
    if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
    await stop();
    log.info("Stopped");
  };
  return {
    ...urls,
    log,
    ready,
    close(delayMs) {
      closing ??= close(delayMs);
      return closing;
    },
  };
}

/** A server with its name in the log, and the variable of its port. */
interface Listener {
  readonly app: FastifyInstance;
  readonly name: string;
  readonly variable: "PORT" | "METRICS_PORT";
  readonly port: number;
}

/** Returns the URL. @throws StartupError */
async function listen({ app, name, variable, port }: Listener, host: string | undefined): Promise<string> {
  const options = { port, listenTextResolver: (address: string) => `${name} at ${address}` };
  try {
    const address = host === undefined ? await listenEverywhere(app, options) : await app.listen({ host, ...options });
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const place = `HOST ${host ?? EVERYWHERE}, ${variable} ${port}`;
    throw new StartupError(`data-svc cannot listen on ${place}: ${explainListen(code, variable)}`, { cause: error });
  }
}

/** All addresses of both families, as far as the kernel lets a socket serve both; it does unless told otherwise. */
const EVERYWHERE = "::";

/** Listens on all addresses. A pod in an IPv6 cluster has no other than that, and a kernel without IPv6 only IPv4. */
async function listenEverywhere(app: FastifyInstance, options: FastifyListenOptions): Promise<string> {
  try {
    return await app.listen({ host: EVERYWHERE, ...options });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(code)) throw error;
    return await app.listen({ host: "0.0.0.0", ...options });
  }
}

function explainListen(code: string, variable: string): string {
  const known: Readonly<Record<string, string>> = {
    EADDRINUSE: `another process listens there. Stop it, or set another ${variable}.`,
    EACCES: `this user may not. Set a ${variable} above 1023.`,
    EADDRNOTAVAIL: "this machine has no such address. Set HOST to one that it has, or leave it out.",
    ENOTFOUND: "HOST is not a known name. Set an address of this machine, or leave it out.",
  };
  return known[code] ?? `it failed with ${code}. Check HOST and ${variable}.`;
}
