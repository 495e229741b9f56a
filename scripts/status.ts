import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { createColors, isColorSupported } from "picocolors";
import { UsageError } from "../lib/common/command-line";
import { Kubectl } from "../lib/deploy/kubectl";
import { namespaceOf, requireNoOtherStage } from "../lib/deploy/other-stage";
import { bindContext } from "../lib/deploy/preflight/context";
import { parseStatusArguments, type StatusArguments, statusCommandLine } from "../lib/deploy/status/arguments";
import { Hurried } from "../lib/deploy/status/hurried";
import { statusOf } from "../lib/deploy/status/status";
import { stageNamed } from "../lib/stages";
import type { Stage } from "../lib/stages/stage";
import { EXIT_OF, type State, type Status } from "../lib/status/document";
import { statusPage } from "../lib/status/page";
import { renderStatus } from "../lib/status/text";
import { explain, main, say } from "./command";
import { namespaceOfStage } from "./namespace";

/** Seconds that one question may take. */
const SECONDS = 10;

const ERD = path.resolve(__dirname, "../docs/erd.svg");

/** `npm run status -- STAGE`: returns the exit code. */
async function run({ format, to, ...wanted }: StatusArguments, signal: AbortSignal): Promise<number> {
  if (format === "html" && to === undefined && process.stdout.isTTY)
    throw new UsageError(["--html prints a page, which no terminal shows. Redirect it, or write it with --to FILE."]);
  const stage = stageNamed(wanted.stage);
  try {
    const status = await untilAborted(ask(stage, wanted, signal), signal);
    await show(await render(status, stage, format), to);
    return EXIT_OF[status.result];
  } catch (error) {
    if (format !== "json" || error instanceof UsageError) throw error;
    await show(JSON.stringify({ result: "error", message: explain(error) }, null, 2), to);
    return 1;
  }
}

async function ask(
  stage: Stage,
  { context: given }: Pick<StatusArguments, "context">,
  signal: AbortSignal,
): Promise<Status> {
  const { name, contexts } = stage;
  const namespace = namespaceOfStage(stage);
  const kubectl = await bindContext(new Kubectl(process.env, namespace), {
    stage: name,
    contexts,
    given,
    anywhere: true,
  });
  const context = await kubectl.context();
  await requireNoOtherStage(namespaceOf(name, namespace), new Hurried(kubectl, SECONDS, signal));
  return await statusOf({
    stage,
    kubectl,
    context: kubectl.pinned ?? context,
    now: () => new Date(),
    seconds: SECONDS,
    signal,
  });
}

async function render(status: Status, stage: Stage, format: StatusArguments["format"]): Promise<string> {
  if (format === "json") return JSON.stringify(status, null, 2);
  if (format === "text") return renderStatus(status, paint).join("\n");
  // The other formats need none of it, and it takes longer to load than they do.
  const { topologyOf } = require("../lib/pictures/topology") as typeof import("../lib/pictures/topology");
  const { topologySvg } = require("../lib/pictures/topology-svg") as typeof import("../lib/pictures/topology-svg");
  const topology = await topologySvg(topologyOf(stage));
  return statusPage(status, { stage: stage.name, topology, erd: await readFile(ERD, "utf8") }).trimEnd();
}

async function show(text: string, to: string | undefined): Promise<void> {
  if (to === undefined) return say(text);
  await writeFile(to, `${text}\n`).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError([`--to is ${to}, which cannot be written (${code}).`]);
  });
  say(`written to ${to}`);
}

const colours = createColors(isColorSupported && process.stdout.isTTY);
const COLOURS = {
  ok: colours.green,
  warning: colours.yellow,
  unknown: colours.magenta,
  failed: colours.red,
} as const satisfies Record<State, (text: string) => string>;
const paint = (state: State, text: string) => COLOURS[state](text);

/** Does not wait for commands of kubectl that run. The terminal has stopped them, or they end by themselves. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return await Promise.race([work, stopped]);
}

void main({
  what: "The question",
  commandLine: statusCommandLine,
  parse: parseStatusArguments,
  run,
  usageExit: 1,
});
