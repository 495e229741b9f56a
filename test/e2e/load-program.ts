/**
 * Requests at a steady pace, whatever becomes of the earlier ones, so that a service that hangs shows. It runs in a pod's
 * Node.js on its own, detached from whoever started it: GET / on its control port answers with the report so far, GET /ok/100
 * with the one that has 100 requests answered with success, or after a minute without; GET /sent/100 likewise; GET /stop with
 * the last one, once every request has ended.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface LoadSettings {
  readonly url: string;
  /** Proof that the server of an https URL has to give. */
  readonly tls?: LoadTls;
  readonly perSecond: number;
  /** Milliseconds after which a request counts as lost. */
  readonly timeoutMs: number;
  /** Whether a connection serves many requests, as a client with a pool has it, or one. */
  readonly keepAlive: boolean;
  /** Requests that may be without an answer at a time; what would be one more is left out. @default any number */
  readonly mostOpen?: number;
  /** Port on 127.0.0.1; 0 takes a free one. The port is the first line on standard output. */
  readonly controlPort: number;
  /** File with the caller's token, read for each request, since it is replaced before it expires. @default no token */
  readonly tokenFile?: string;
  /** POSTed, with a new `id` each time. Left out, requests are GETs. */
  readonly body?: object;
}

export interface LoadTls {
  /** File with its authority in PEM. */
  readonly authorityFile: string;
  /** The name in its certificate, by whichever address it is asked. */
  readonly name: string;
  /** Whether a request that meets a server without TLS is sent again without, as while a release without TLS is replaced. */
  readonly alsoPlain: boolean;
}

export interface LoadFailure {
  /** Seconds from the start of the load to the start of the request. */
  readonly second: number;
  /** HTTP status, `timeout`, or the code of a connection's error such as `ECONNRESET`. */
  readonly status: string;
  /** How long the request took. */
  readonly ms: number;
  /** The `type` of an answer that is a problem, without its prefix, e.g. `storage-full`. */
  readonly problem?: string;
  /** The request's id, by which data-svc's log tells of it. */
  readonly request: string;
}

export interface LoadReport {
  readonly seconds: number;
  readonly sent: number;
  /** Answers with 2xx. */
  readonly ok: number;
  /**
   * Requests that were sent again over a new connection, since their kept one was closed under them. Every HTTP client has to:
   * a server cannot tell when it closes one that a request is on its way (RFC 9112, 9.3.1). Writes have an id, so none is done twice.
   */
  readonly repeated: number;
  /** Requests without an answer yet. */
  readonly open: number;
  /** How many ended in which status; see `LoadFailure.status`. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** The first ones. */
  readonly failures: readonly LoadFailure[];
  /** Seconds in which nothing was acknowledged, the longest such time of the last minute. */
  readonly pauseSeconds: number;
  /** Milliseconds that this process was held up at most, e.g. since others had the processor. */
  readonly heldUpMs: number;
  /** Milliseconds from the start of a request to its end, failures included. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Ids of the POSTs that were answered with 2xx, in the order of the answers. Only in the last report. */
  readonly acknowledgedIds: readonly string[];
}

const MOST_FAILURES = 1000;
const LONGEST_ANSWER_SECONDS = 60;
const PAUSE_MEMORY_SECONDS = 60;

const settings = JSON.parse(process.argv[1] ?? "") as LoadSettings;
const { tls, keepAlive } = settings;
const verified = tls && { ca: readFileSync(tls.authorityFile), servername: tls.name };
const plain = { module: http, agent: new http.Agent({ keepAlive }) };
const secured = { module: https, agent: new https.Agent({ keepAlive, ...verified }) };
/** Codes of a client that speaks TLS with a server that does not. */
const NO_TLS = ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"];
const began = performance.now();
const delay = monitorEventLoopDelay();
delay.enable();
const elapsed = () => (performance.now() - began) / 1000;

const byStatus: Record<string, number> = {};
const failures: LoadFailure[] = [];
const acknowledgedIds: string[] = [];
const times: number[] = [];
const acknowledgedAt: number[] = [];
let sent = 0;
let ok = 0;
let repeated = 0;

function send(): void {
  const [started, id] = [performance.now(), randomUUID()];
  const body = settings.body && JSON.stringify({ ...settings.body, id });
  const second = elapsed();
  const { tokenFile } = settings;
  const headers = {
    "X-Request-Id": id,
    ...(body && { "Content-Type": "application/json" }),
    ...(tokenFile && { Authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}` }),
  };
  const options = { method: body ? "POST" : "GET", headers };
  sent += 1;
  let over = false;
  const end = (status: string, text = "") => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    const ms = Math.round(performance.now() - started);
    times.push(ms);
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    if (/^2/.test(status)) {
      ok += 1;
      acknowledgedAt.push(elapsed());
      if (body) acknowledgedIds.push(id);
    } else if (failures.length < MOST_FAILURES) {
      const problem = /"type":"urn:[^"]*:(?<name>[^":]+)"/.exec(text)?.groups?.name;
      failures.push({ second: Math.round(second * 10) / 10, status, ms, ...(problem && { problem }), request: id });
    }
  };
  const expire = () => {
    if (over) return;
    end("timeout");
    request.destroy();
  };
  // Where this process was held up, the answer may be there, unread. Node.js reads between its timers and its immediates.
  const timer = setTimeout(() => setImmediate(expire), settings.timeoutMs);
  let request = attempt(settings.url, true);
  function attempt(url: string, first: boolean): http.ClientRequest {
    const { module, agent } = url.startsWith("https:") ? secured : plain;
    // Only the first one may have a connection from before.
    const way = first ? { agent } : { agent: false, ...verified };
    const made = module.request(url, { ...options, ...way }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.once("end", () => end(String(answer.statusCode), text));
      // An answer that breaks off is none.
      answer.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });
    made.once("error", (error: NodeJS.ErrnoException) => {
      if (tls?.alsoPlain && url.startsWith("https:") && NO_TLS.includes(error.code ?? "")) {
        request = attempt(url.replace("https:", "http:"), true);
        return;
      }
      if (over || !first || !made.reusedSocket || error.code !== "ECONNRESET") return end(error.code ?? error.message);
      repeated += 1;
      request = attempt(url, false);
    });
    return made.end(body);
  }
}

function longestPause(): number {
  const now = elapsed();
  const recent = [...acknowledgedAt.filter((at) => at > now - PAUSE_MEMORY_SECONDS), now];
  const pauses = recent.map((at, index) => at - (recent[index - 1] ?? at));
  return Math.round(Math.max(...pauses) * 10) / 10;
}

function report(last: boolean): LoadReport {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    ...{ seconds: Math.round(elapsed() * 10) / 10, sent, ok, repeated, open: sent - times.length, byStatus, failures },
    pauseSeconds: longestPause(),
    heldUpMs: Math.round(delay.max / 1e6),
    latency: { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 },
    acknowledgedIds: last ? acknowledgedIds : [],
  };
}

let leftOut = 0;
const pace = setInterval(() => {
  const due = Math.floor(elapsed() * settings.perSecond) - leftOut;
  while (sent < due && sent - times.length < (settings.mostOpen ?? Number.POSITIVE_INFINITY)) send();
  leftOut += due - sent;
}, 10);

/** Calls back once something holds. */
function when(holds: () => boolean, then: () => void): void {
  const timer = setInterval(() => {
    if (!holds()) return;
    clearInterval(timer);
    then();
  }, 10);
}

const control = http.createServer((request, answer) => {
  const [, route = "", count] = (request.url ?? "").split("/");
  if (route === "stop") {
    clearInterval(pace);
    when(
      () => times.length === sent,
      () => answer.end(JSON.stringify(report(true)), () => process.exit()),
    );
    return;
  }
  const deadline = elapsed() + LONGEST_ANSWER_SECONDS;
  const reached = () => (route === "ok" ? ok : sent) >= Number(count ?? 0);
  when(
    () => reached() || elapsed() > deadline,
    () => answer.end(JSON.stringify(report(false))),
  );
});
control.listen(settings.controlPort, "127.0.0.1", () => {
  process.stdout.write(`${(control.address() as AddressInfo).port}\n`);
});
