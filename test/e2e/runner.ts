import { diagnose } from "../../lib/deploy/diagnose";
import type { Case, E2e } from "./case";

export interface Result {
  readonly name: string;
  readonly seconds: number;
  /** Why it failed; undefined if it passed. */
  readonly problem?: string;
}

/** Runs the cases in order, the wanted ones and all that set up. Nothing runs after a case that sets up has failed. */
export async function runCases(
  cases: readonly Case[],
  wanted: readonly string[],
  e2e: E2e,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const one of cases.filter(({ name, setsUp }) => setsUp || wanted.length === 0 || wanted.includes(name))) {
    if (e2e.signal.aborted) break;
    const result = await runCase(one, e2e);
    results.push(result);
    if (result.problem !== undefined && one.setsUp) break;
  }
  return results;
}

async function runCase(one: Case, e2e: E2e): Promise<Result> {
  e2e.print(`\n[${one.name}] ${one.title}`);
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  try {
    await one.run(e2e);
    e2e.print(`  passed in ${seconds()} s`);
    return { name: one.name, seconds: seconds() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    e2e.print(`  FAILED after ${seconds()} s: ${problem}`);
    if (!e2e.signal.aborted) e2e.print(await diagnose(e2e.kubectl).catch((reason: Error) => reason.message));
    return { name: one.name, seconds: seconds(), problem };
  }
}

/** A table of the results, and the closing line that test runners read. */
export function summarize(results: readonly Result[]): string {
  const rows = results.map(({ name, seconds, problem }) => {
    const reason = problem === undefined ? "" : `  ${problem.split("\n")[0]}`;
    return `${problem === undefined ? "passed" : "FAILED"}  ${name.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s${reason}`;
  });
  const failed = results.filter(({ problem }) => problem !== undefined).length;
  return [...rows, "", `${results.length - failed} passed, ${failed} failed`].join("\n");
}
