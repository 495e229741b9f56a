import type { Case } from "./case";
import type { Figures, Result } from "./results";

/** A run of cases, as docs/proofs.md shows it. */
export interface ProvenRun {
  /** Day of the run, as `2026-11-30`. */
  readonly date: string;
  /** Commit that was proven, and whether files differed from it. */
  readonly commit: string;
  /** The cluster, e.g. `"Kubernetes v1.34.4 on 2 cores and 23 GiB"`. */
  readonly machine: string;
  /** Every case that there is, whether it ran or not. */
  readonly cases: readonly Case[];
  readonly results: readonly Result[];
  /** The page so far. Cases that did not run keep their lines of it. */
  readonly before: string;
}

/** Renders docs/proofs.md. */
export function proofsPage({ cases, results, before, ...run }: ProvenRun): string {
  const earlier = new Map(before.split("\n").flatMap((line) => (nameIn(line) ? [[nameIn(line), line]] : [])));
  const rows = cases.map(({ name, title }) => {
    const result = results.find((one) => one.name === name);
    return result ? row(result, title, run) : (earlier.get(name) ?? line([`\`${name}\``, title, "never run"]));
  });
  return [
    "# Proofs",
    "",
    "Each line is a promise that a real Kubernetes was asked to keep. The run's log has what showed it. `npm run e2e -- --all` writes all of them,",
    "and `npm run e2e -- --record --case NAME` one.",
    "",
    `The last run was on ${run.machine}. Cases run side by side. ${counts(rows)}.`,
    "",
    "| case | promise | outcome | seconds | figures | proven |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const nameIn = (line: string) => /^\| `(?<name>[^`]+)` \|/.exec(line)?.groups?.name;

function counts(rows: readonly string[]): string {
  const count = (outcome: string) => rows.filter((row) => outcomeIn(row).startsWith(outcome)).length;
  const outcomes = ["passed", "failed", "skipped", "never run"];
  return outcomes.map((outcome) => `${count(outcome)} ${outcome}`).join(", ");
}

const outcomeIn = (row: string) => row.split(/(?<!\\)\|/)[3]?.trim() ?? "";

function row(
  { name, outcome, seconds, reason, figures = {} }: Result,
  title: string,
  { date, commit }: Pick<ProvenRun, "date" | "commit">,
): string {
  const why = reason === undefined ? "" : `: ${reason.split("\n")[0]}`;
  return line([`\`${name}\``, title, `${outcome}${why}`, seconds.toFixed(1), describe(figures), `${date}, ${commit}`]);
}

const line = (cells: readonly string[]) =>
  `| ${Array.from({ length: 6 }, (_, at) => cell(cells[at] ?? "")).join(" | ")} |`;

const describe = (figures: Figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name}: ${value}`)
    .join("; ");

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
