import autocannon from "autocannon";
import type { SideDatabase } from "./database";
import { cpuMs, familyCpuMs, forgetPeak, peakMemory } from "./process-figures";
import type { Route } from "./requests";
import type { Row } from "./rows";
import type { Service } from "./service";

/** One of the programs that are compared. */
export interface Side {
  readonly name: string;
  readonly service: Service;
  readonly database: SideDatabase;
  readonly rows: readonly Row[];
}

/** Figures of one load. Times are milliseconds. */
export interface Sample {
  /** Processor time of the program for one request. */
  readonly cpu: number;
  /** Processor time of its PostgreSQL for one request. */
  readonly serverCpu: number;
  readonly p50: number;
  readonly p99: number;
  /** MiB of the program's most resident memory. */
  readonly memory: number;
  readonly requestsASecond: number;
  /** Requests without a good answer. */
  readonly bad: number;
}

/** The certificate is of this run alone. Its check would be the load's work, not the service's. */
const tlsOptions = { rejectUnauthorized: false };

/** Sends so many requests over kept connections. */
export async function load(
  { service, database, rows }: Side,
  route: Route,
  { connections, amount }: { readonly connections: number; readonly amount: number },
): Promise<Sample> {
  const requests = route.requests(database.people, rows);
  const pid = database.server.pid ?? 0;
  forgetPeak(service.pid);
  const before = { cpu: cpuMs(service.pid), server: familyCpuMs(pid) };
  const url = route.onMetricsPort ? new URL(service.metricsUrl).origin : service.url;
  const done = await autocannon({ url, connections, amount, requests, timeout: 60, tlsOptions });
  const used = { cpu: cpuMs(service.pid) - before.cpu, server: familyCpuMs(pid) - before.server };
  return {
    ...{ cpu: used.cpu / amount, serverCpu: used.server / amount },
    ...{ p50: done.latency.p50, p99: done.latency.p99, memory: peakMemory(service.pid) },
    ...{ requestsASecond: amount / done.duration, bad: done.non2xx + done.errors + done.timeouts },
  };
}
