import { writeFile } from "node:fs/promises";
import { UsageError } from "../lib/common/command-line";
import { Kubectl } from "../lib/deploy/kubectl";
import { namespaceOf, requireNoOtherStage } from "../lib/deploy/other-stage";
import { bindContext } from "../lib/deploy/preflight/context";
import { ROWS } from "../lib/monitoring/dashboard";
import { type PanelsArguments, panelsCommandLine, parsePanelsArguments } from "../lib/panels/arguments";
import { askPanels } from "../lib/panels/ask";
import { openPrometheus } from "../lib/panels/open";
import { panelsPage } from "../lib/panels/page";
import { Prometheus } from "../lib/panels/prometheus";
import { rangeOf } from "../lib/panels/range";
import { stageNamed } from "../lib/stages";
import type { Stage } from "../lib/stages/stage";
import { main, say } from "./command";
import { namespaceOfStage } from "./namespace";

/** `npm run panels -- STAGE`: returns the exit code. */
async function run(wanted: PanelsArguments, signal: AbortSignal): Promise<number> {
  const { to, hours } = wanted;
  if (to === undefined && process.stdout.isTTY)
    throw new UsageError(["A page helps nobody on a terminal. Redirect it, or write it with --to FILE."]);
  const stage = stageNamed(wanted.stage);
  const namespace = namespaceOfStage(stage);
  const { url, source, close } = await open(stage, namespace, wanted);
  try {
    const range = rangeOf(hours, new Date());
    const rows = await askPanels(ROWS, new Prometheus(url, signal), { namespace, ...range });
    await show(panelsPage({ stage: stage.name, namespace, source, range, rows }), to);
    return rows.some(({ panels }) => panels.some(({ problem }) => problem !== undefined)) ? 1 : 0;
  } finally {
    close();
  }
}

interface Opened {
  readonly url: string;
  /** For a person. */
  readonly source: string;
  close(): void;
}

async function open(stage: Stage, namespace: string, { prometheus, context }: PanelsArguments): Promise<Opened> {
  if (prometheus !== undefined) return { url: prometheus, source: prometheus, close: () => undefined };
  if (stage.monitoring.kind === "none")
    throw new UsageError([
      `Stage ${stage.name} has no monitoring, so its cluster need not have a Prometheus. Name one that scrapes it with --prometheus URL, or set monitoring in lib/stages/${stage.name}.ts.`,
    ]);
  const { name, contexts } = stage;
  const kubectl = await bindContext(new Kubectl(process.env, namespace), {
    ...{ stage: name, contexts, anywhere: true },
    given: context,
  });
  await requireNoOtherStage(namespaceOf(name, namespace), kubectl);
  const source = `the Prometheus of namespace ${stage.network.monitoringNamespace}`;
  return { ...(await openPrometheus(stage, kubectl)), source };
}

async function show(page: string, to: string | undefined): Promise<void> {
  if (to === undefined) return say(page.trimEnd());
  await writeFile(to, page).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError([`--to is ${to}, which cannot be written (${code}).`]);
  });
  say(`written to ${to}`);
}

void main({
  what: "The question",
  commandLine: panelsCommandLine,
  parse: parsePanelsArguments,
  run,
  usageExit: 1,
});
