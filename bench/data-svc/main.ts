/**
 * Measures what a request costs data-svc, beside another commit's and beside the least that could answer it. See ../README.md.
 */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine, type Values } from "../../lib/common/command-line";
import { startIssuer } from "../../lib/local/issuer";
import { lastRelease } from "../../scripts/releases";
import { runBenchmark } from "../cannot-run";
import { interleave, type Measured } from "../interleave";
import { COMMON_OPTIONS, namesIn, select } from "../options";
import { machine, markdown } from "../report";
import { Samples } from "../scaling/samples";
import { median, ratio } from "../statistics";
import { load, type Sample, type Side } from "./measure";
import { profile } from "./profile";
import { type Route, routes } from "./requests";
import { readRows } from "./rows";
import { Sides } from "./sides";

const OPTIONS = {
  runs: { ...COMMON_OPTIONS.runs, default: 5 },
  only: { ...COMMON_OPTIONS.only, help: "Sides to run: ours, before, floor. [all of them]" },
  before: { type: "string", placeholder: "COMMIT", help: "The other side's commit. [the last release's]" },
  routes: { type: "string", placeholder: "A,B", help: "Routes to ask. [all of them]" },
  connections: { type: "string", placeholder: "N,M", help: "Connections that are kept. [50,400]" },
  requests: { type: "number", placeholder: "N", least: 400, default: 2000, help: "Requests of each load." },
  people: { type: "number", placeholder: "N", least: 1, default: 500, help: "People, each with 25 assessments." },
  survey: { type: "string", placeholder: "FILE", help: "Gzipped CSV with real answers. [generated ones]" },
  node: { type: "string", placeholder: "PATH", help: "Node that runs all sides. [this one]" },
  profile: { type: "boolean", help: "Tell where our processor time goes, instead of comparing." },
} as const;
type Given = Values<typeof OPTIONS, []>;

const COMMAND_LINE = commandLine({
  name: "bench:data-svc",
  start: "npm run bench:data-svc --",
  description:
    "Measures the processor time of a request, its latency and data-svc's memory under load; beside another commit's data-svc, and " +
    "beside a bare fastify with pg.",
  options: OPTIONS,
  operands: [],
});

async function main(given: Given): Promise<void> {
  const only = namesIn(given.profile ? "ours" : given.only) ?? new Set(["ours", "before", "floor"]);
  select(
    ["ours", "before", "floor"].map((name) => ({ name })),
    only,
  );
  const work = await fs.mkdtemp(path.join(os.tmpdir(), "bench-data-svc-"));
  // The servers may run as another user, who has to get through this folder.
  await fs.chmod(work, 0o755);
  const issuer = await startIssuer();
  const profiles = path.join(work, "profiles");
  const profiling = given.profile ? ["--cpu-prof", "--cpu-prof-interval=500", `--cpu-prof-dir=${profiles}`] : [];
  const node = [given.node ?? process.execPath, ...profiling] as const;
  const sides = new Sides({ work, issuer, people: given.people, rows: readRows(given.survey), node });
  try {
    const asked = select(await routes(issuer), namesIn(given.routes));
    const database = await sides.addOurs();
    if (only.has("before")) await sides.addBefore(given.before ?? lastRelease().commit);
    if (only.has("floor")) await sides.addFloor(database);
    console.log(machine());
    if (given.profile) await profile({ sides, routes: asked, amount: given.requests, folder: profiles });
    else
      await compare(
        sides.all.filter(({ name }) => only.has(name)),
        asked,
        given,
      );
  } finally {
    await sides.remove();
    await issuer.close();
    await fs.rm(work, { recursive: true, force: true });
  }
}

async function compare(sides: readonly Side[], asked: readonly Route[], given: Given): Promise<void> {
  for (const connections of (given.connections ?? "50,400").split(",").map(Number)) {
    const rows: string[][] = [];
    for (const route of asked) {
      const samples = new Samples<Sample>();
      const load_ = { connections, amount: Math.max(connections, given.requests) };
      const contenders = sides
        .filter(({ name }) => name !== "floor" || route.onFloor)
        .map((side) => ({
          name: side.name,
          async measure() {
            const sample = await load(side, route, load_);
            samples.add(side.name, sample);
            return sample.cpu;
          },
        }));
      rows.push(...rowsOf(route, await interleave(contenders, given.runs), samples));
    }
    console.log(`\n${connections} connections, ${new Date().toISOString()}, load ${os.loadavg()[0]?.toFixed(1)}\n`);
    console.log(markdown([HEADS, ...rows]));
  }
}

const HEADS = [
  ...[
    "route",
    "side",
    "CPU ms",
    "ours / it",
    "PostgreSQL's CPU ms",
    "p50 ms",
    "p99 ms",
    "requests/s",
    "peak MiB",
    "bad",
  ],
];

function rowsOf(route: Route, measured: readonly Measured[], samples: Samples<Sample>): string[][] {
  const ours = measured.find(({ name }) => name === "ours")?.times;
  return measured.map(({ name, times }) => {
    const of = (figure: keyof Sample, digits: number) =>
      samples.median(name, (sample) => sample[figure]).toFixed(digits);
    const times_ = ours && name !== "ours" ? ratio(ours, times).toFixed(2) : "";
    return [
      ...[route.name, name, median(times).toFixed(3), times_, of("serverCpu", 3)],
      ...[of("p50", 0), of("p99", 0), of("requestsASecond", 0), of("memory", 0), of("bad", 0)],
    ];
  });
}

runBenchmark(COMMAND_LINE, main);
