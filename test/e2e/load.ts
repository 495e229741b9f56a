import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { transform } from "esbuild";
import { DATA_SVC } from "../../lib/contract";
import type { Readiness } from "../../lib/deploy/readiness";
import { registeredUser, someAssessment } from "./assessment";
import { AUTHORITY_FILE, TOKEN_FILES } from "./callers";
import type { E2e } from "./case";
import type { LoadReport, LoadSettings } from "./load-program";
import type { TestPod } from "./pods";

export interface LoadProps {
  /** `write` stores assessments, each under an id of its own; `read` asks for a user's history. */
  readonly kind: "read" | "write";
  /** Requests a second, whatever becomes of the earlier ones. */
  readonly perSecond: number;
  /** Milliseconds after which a request counts as lost; data-svc answers within 36 s whatever happens (docs/data-svc.md). @default 45000 */
  readonly timeoutMs?: number;
  /** Whom to ask: a Service, or one pod's address, since a Service knows only pods that are ready. @default data-svc's Service */
  readonly host?: string;
  /** Whose assessments. @default the registered test user, whose id the database is asked for */
  readonly user?: string;
  /** Whether connections are used again. @default true, as every client does */
  readonly keepAlive?: boolean;
  /** Requests under way at a time: fewer are sent where they take longer. @default any number */
  readonly mostOpen?: number;
  /** Whether pods of a release without TLS may answer, too. @default false */
  readonly alsoPlain?: boolean;
}

/** Requests to data-svc that go on until they are stopped, whatever becomes of this process and of the kubelet. */
export interface Load {
  /** How far it is; without the ids. */
  report(): Promise<LoadReport>;
  /** Waits until so many requests were sent, or answered with success, since the start. @throws WaitError */
  until(what: "sent" | "ok", count: number): Promise<void>;
  /** Sends no more, waits for what is under way, and shows and returns what became of all. */
  stop(): Promise<LoadReport>;
}

const TLS = { authorityFile: AUTHORITY_FILE, name: DATA_SVC.name };

const ports = { read: 9101, write: 9102 };

/** Starts requests from a pod of `startCaller`; one load of each kind at a time in each. */
export async function startLoad(e2e: E2e, caller: TestPod, props: LoadProps): Promise<Load> {
  const { kind, perSecond, timeoutMs = 45_000, keepAlive = true, mostOpen, alsoPlain = false } = props;
  const [controlPort, tokenFile] = [ports[kind], TOKEN_FILES.own];
  const settings = {
    ...(await target(e2e, props)),
    perSecond,
    timeoutMs,
    keepAlive,
    mostOpen,
    controlPort,
    tokenFile,
    tls: { ...TLS, alsoPlain },
  };
  const { code, stderr } = await caller.run(
    ...["sh", "-c", 'node -e "$1" "$2" > /dev/null 2>&1 &', "load"],
    ...[await program(), JSON.stringify(settings)],
  );
  assert.equal(code, 0, `the load did not start: ${stderr}`);
  const ask = (route: string) => askLoad(caller, controlPort, route);
  await ask("/");
  e2e.say(`${perSecond} ${kind}s a second begin`);
  const stop = async () => {
    const report = await ask("/stop");
    e2e.evidence(describeLoad(kind, report));
    return report;
  };
  const until = async (what: "sent" | "ok", count: number) => {
    const poll = async (): Promise<Readiness> => {
      // Takes as long as it takes, up to a minute.
      const reached = (await ask(`/${what}/${count}`))[what];
      return { state: reached >= count ? "ready" : "waiting", detail: `${reached} so far` };
    };
    await e2e.wait({ what: `${count} ${kind}s (${what})`, seconds: 600, poll });
  };
  return { report: () => ask("/"), until, stop };
}

/** Waits until so many more than now are answered with success, whatever becomes of others. @throws WaitError */
export async function untilServed(load: Load, more: number): Promise<void> {
  await load.until("ok", (await load.report()).ok + more);
}

/** Seconds in which nothing was acknowledged, the longest such time of the last minute. */
export async function pauseOf(load: Load): Promise<number> {
  return (await load.report()).pauseSeconds;
}

async function target(e2e: E2e, { kind, ...props }: LoadProps): Promise<Pick<LoadSettings, "url" | "body">> {
  const host = props.host ?? (await serviceAddress(e2e));
  const base = `https://${host}:${DATA_SVC.port}/internal`;
  const user = props.user ?? (await registeredUser(e2e));
  if (kind === "read") return { url: `${base}/users/${user}/assessments?limit=5` };
  return { url: `${base}/assessments`, body: someAssessment(user) };
}

/** Of data-svc's Service: a name that the cluster's DNS does not answer in time is no failure of data-svc. */
const serviceAddress = ({ kubectl }: E2e) =>
  kubectl.run(["get", "service", DATA_SVC.name, "--output=jsonpath={.spec.clusterIP}"]);

/** The program as JavaScript that any Node.js runs. */
export async function program(): Promise<string> {
  const source = await readFile(path.join(__dirname, "load-program.ts"), "utf8");
  return (await transform(source, { loader: "ts", format: "cjs", target: "node20" })).code;
}

/** Waits for the program to listen, too. */
const ASK = `
const ask = (tries) => fetch(process.argv[1]).catch((error) => {
  if (tries === 0) throw error;
  return new Promise((resolve) => setTimeout(resolve, 200)).then(() => ask(tries - 1));
});
ask(25).then(async (answer) => console.log(await answer.text()));`;

async function askLoad(caller: TestPod, port: number, route: string): Promise<LoadReport> {
  const { code, stdout, stderr } = await caller.run("node", "-e", ASK, `http://127.0.0.1:${port}${route}`);
  assert.equal(code, 0, `the load does not answer: ${stderr}`);
  return JSON.parse(stdout) as LoadReport;
}

/** Failures of each status that a description shows. */
const MOST_SHOWN = 5;

/** Describes a report to a person: counts, times, and the first failures of each status. */
export function describeLoad(kind: LoadProps["kind"], report: LoadReport): string {
  const { sent, ok, repeated, seconds, byStatus, failures, latency, heldUpMs } = report;
  const again = repeated > 0 ? `, ${repeated} sent again where a kept connection was closed` : "";
  const times = `half within ${latency.p50} ms, 99 of 100 within ${latency.p99} ms, all within ${latency.max} ms; the load itself was held up for ${heldUpMs} ms at most`;
  const seen: Record<string, number> = {};
  const first = failures.filter(({ status }) => {
    seen[status] = (seen[status] ?? 0) + 1;
    return seen[status] <= MOST_SHOWN;
  });
  const lines = first.map(({ second, status, ms, problem, request }) => {
    return `  after ${second} s: ${status}${problem ? ` ${problem}` : ""} in ${ms} ms, request ${request}`;
  });
  return [
    `${sent} ${kind}s in ${seconds} s${again}, ${ok} of them ok: ${JSON.stringify(byStatus)}; ${times}`,
    ...lines,
  ].join("\n");
}

/** That requests failed only in these ways, whatever else was expected of them. @throws AssertionError */
export function assertOnly(report: LoadReport, statuses: readonly string[]): void {
  const others = Object.keys(report.byStatus).filter((status) => !statuses.includes(status));
  assert.deepEqual(others, [], `requests ended in other ways than ${statuses.join(", ")}`);
}

/** How requests may end while the database is away: 503 from a pod that is ready still, no connection where none is. */
export const WHILE_AWAY = ["200", "201", "503", "ECONNREFUSED"];
