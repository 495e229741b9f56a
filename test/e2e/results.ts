/** Numbers that a case measured, by their names with a unit, e.g. `"seconds until ready"`. */
export type Figures = Readonly<Record<string, number | string>>;

/** Outcome of a case. */
export interface Result {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly seconds: number;
  /** Why it failed or was skipped. */
  readonly reason?: string;
  /** Empty if it measured nothing, or did not run. */
  readonly figures?: Figures;
}

/** A table of the results, and the closing line that test runners read. */
export function summarize(results: readonly Result[]): string {
  const rows = results.map(({ name, outcome, seconds, reason }) => {
    const word = outcome === "failed" ? "FAILED" : outcome;
    const why = reason === undefined ? "" : `  ${reason.split("\n")[0]}`;
    return `${word.padEnd(7)} ${name.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s${why}`;
  });
  const count = (wanted: Result["outcome"]) => results.filter(({ outcome }) => outcome === wanted).length;
  const counts = (["passed", "failed", "skipped"] as const).map((outcome) => `${count(outcome)} ${outcome}`);
  return [...rows, "", counts.join(", ")].join("\n");
}
