import * as path from "node:path";
import { createColors, isColorSupported } from "picocolors";
import { runProgram } from "../common/command-line/program";
import { LOCAL_COMMAND_LINE, type LocalArguments, parseArguments } from "./arguments";
import { findClientTools, noClientTools } from "./client-tools";
import { explain, Interrupted, StepError } from "./failure";
import { localPictures, type Page, servePage } from "./page";
import { createProgress } from "./progress";
import { renderFinding } from "./report";
import { type LocalStack, startLocalStack } from "./stack";
import { localStatus } from "./status";

const root = path.resolve(__dirname, "..", "..");
const colours = createColors(isColorSupported && process.stdout.isTTY);
const print = (text: string) => process.stdout.write(`${text}\n`);

/** `npm start`: runs the stack, prints the report, and returns the exit code. */
async function main(args: LocalArguments, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const progress = createProgress(process.stdout, colours);
  const tools = await findClientTools(process.env);
  const stack = await startLocalStack({ ...args, root, signal, progress, tools });
  try {
    print("");
    for (const finding of stack.verification.findings) print(renderFinding(finding, colours));
    if (tools === undefined)
      print(`${colours.yellow("No backup was made and restored.")} ${noClientTools(process.env)}\n`);
    if (stack.verification.problems.length > 0) {
      print(colours.red(["Not as it should be:", ...stack.verification.problems].join("\n  ")));
      return 1;
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    print(colours.green(colours.bold(`All is well: migrated, verified and served in ${seconds} s.`)));
    if (args.keep) await keep(stack, args, signal);
    return 0;
  } finally {
    await stack.close();
    print("Everything is stopped and removed.");
  }
}

async function keep(stack: LocalStack, { pagePort }: LocalArguments, signal: AbortSignal): Promise<void> {
  const page = await openPage(stack, pagePort);
  try {
    print(`
  database   ${stack.databaseUrl}
  migrator   ${stack.migratorUrl}   (DATABASE_URL=… npm run -s migrate -- status)
  data_svc   ${stack.dataSvcUrl}   (DATABASE_URL=… for another data-svc)
  clients    ${Object.values(stack.clientUrls).join(", ")}   (services that run their own SQL)
  data-svc   ${stack.serviceUrl}   (${stack.serviceUrl}/openapi.json, /readyz)
  metrics    ${stack.metricsUrl}
  its log    ${stack.serviceLog}
  authority  ${stack.authorityFile}   (of data-svc's certificate)
  call it    curl --cacert ${stack.authorityFile} -H "Authorization: Bearer $(cat ${stack.tokenFiles["ml-api"]})" ${stack.serviceUrl}/internal/model-versions/active
  tokens     ${Object.values(stack.tokenFiles).join(", ")}
  another    ISSUER_URL=${stack.issuerUrl} CALLERS='${stack.callers}' TLS_FOLDER=${stack.tlsFolder} PORT=0 METRICS_PORT=0 DATABASE_URL=… npx tsx lib/data-svc/main.ts
  status     ${page.url}   (the page of npm run status, and /status.json)

Ctrl-C stops and removes all of it.`);
    // An idle event loop ends the process, so something has to wait.
    const alive = setInterval(() => undefined, 60_000);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(alive);
    print("");
  } finally {
    await page.close();
  }
}

async function openPage(stack: LocalStack, port: number | undefined): Promise<Page> {
  try {
    return await servePage({
      status: () => localStatus(stack, () => new Date()),
      pictures: () => localPictures(root),
      ...(port !== undefined && { port }),
    });
  } catch (error) {
    throw new StepError("Serve the page", error);
  }
}

const stopping = new AbortController();
/** npm passes on the Ctrl-C that the terminal has sent us already. */
const SAME_CTRL_C_MS = 500;
let stopped = Number.POSITIVE_INFINITY;

function stop(why: string): void {
  stopped = Math.min(stopped, performance.now());
  stopping.abort(new Interrupted(`stopped by ${why}`));
}

/** Ends without a cleanup, as `kill -9` would: the database's watcher then stops and removes it. */
function stopAtOnce(): void {
  process.stderr.write("\nStopped at once. PostgreSQL and its data are being removed.\n");
  process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => (performance.now() - stopped > SAME_CTRL_C_MS ? stopAtOnce() : stop(signal)));
}
// Stops when the reader of the output ends, as `head` does.
process.stdout.once("error", () => stop("the end of its output"));
for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined);

async function run(): Promise<number> {
  try {
    return await runProgram(
      LOCAL_COMMAND_LINE,
      () => parseArguments(process.argv.slice(2)),
      (args) => main(args, stopping.signal),
    );
  } catch (error) {
    process.stderr.write(explain(error));
    return 1;
  }
}

void run().then((code) => {
  process.exitCode = code;
});
