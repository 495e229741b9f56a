import type { Case } from "./case";
import type { Figures, Result } from "./results";

/** A run of every case, as docs/proofs.md shows it. */
export interface ProvenRun {
  /** Day of the run, as `2026-11-30`. */
  readonly date: string;
  /** Commit that was proven, and whether files differed from it. */
  readonly commit: string;
  /** The cluster, e.g. `"Kubernetes v1.34.4 on 2 cores and 23 GiB"`. */
  readonly machine: string;
  readonly seconds: number;
  readonly cases: readonly Case[];
  readonly results: readonly Result[];
}

/** Renders docs/proofs.md. */
export function proofsPage(run: ProvenRun): string {
  const titles = new Map(run.cases.map(({ name, title }) => [name, title]));
  const rows = run.results.map((result) => row(result, titles.get(result.name) ?? ""));
  return [
    "# Proofs",
    "",
    "`npm run e2e -- --all` wrote this page. Each line is a promise that a real Kubernetes was asked to keep. The run's log has what showed it.",
    "",
    `- date: ${run.date}`,
    `- commit: ${run.commit}`,
    `- cluster: ${run.machine}`,
    `- all of it: ${Math.round(run.seconds)} s, cases side by side; ${counts(run.results)}`,
    "",
    "| case | promise | outcome | seconds | figures |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function counts(results: readonly Result[]): string {
  const count = (wanted: Result["outcome"]) => results.filter(({ outcome }) => outcome === wanted).length;
  return (["passed", "failed", "skipped"] as const).map((outcome) => `${count(outcome)} ${outcome}`).join(", ");
}

function row({ name, outcome, seconds, reason, figures = {} }: Result, title: string): string {
  const why = reason === undefined ? "" : `: ${reason.split("\n")[0]}`;
  const cells = [`\`${name}\``, title, `${outcome}${why}`, seconds.toFixed(1), describe(figures)];
  return `| ${cells.map(cell).join(" | ")} |`;
}

const describe = (figures: Figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name}: ${value}`)
    .join("; ");

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
