import { diagnose } from "../../lib/deploy/diagnose";
import { type Case, type E2e, Skip } from "./case";
import type { Group, Plan } from "./plan";
import type { Result } from "./results";
import type { Shared } from "./shared";
import { sideBySide } from "./side-by-side";

export interface Run {
  /** Where output goes: a case's as a whole when it has ended. */
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** Leave everything that was made in the cluster. */
  readonly keep: boolean;
  /** Given to every group, and removed after all of them. */
  readonly shared: Shared;
  /** Makes the surroundings of a group, whose cases print to `print`. Nothing is in the cluster yet. */
  enter(group: string, print: (line: string) => void): Promise<E2e>;
}

export interface Outcome {
  /** In the order of the plan. */
  readonly results: readonly Result[];
  /** Leftovers that could not be removed, with the reason. */
  readonly leftovers: readonly string[];
}

/** Runs all cases of a plan. A failure keeps nothing from running but what builds on that case. */
export async function runPlan(plan: Plan, run: Run): Promise<Outcome> {
  const home = await lane(plan.home, run);
  const others = await Promise.all(plan.others.map((group) => lane(group, run)));
  const first = await runCases(plan.first, home, run);
  for (const other of others) other.obstacle = home.obstacle;

  const removals: Promise<readonly string[]>[] = [];
  const runLane = async (place: Lane) => {
    const results = await runCases(place.group.cases, place, run);
    // Not waited for, since the next group needs nothing of this one.
    if (place !== home) removals.push(leave(place, run));
    return results;
  };
  const together = others.filter(({ group }) => !group.alone);
  const groups = await sideBySide([home, ...together], plan.atOnce, runLane);
  for (const place of others.filter(({ group }) => group.alone)) {
    await Promise.all(removals);
    groups.push(await runLane(place));
  }
  // The last cases have the node to themselves.
  await Promise.all(removals);
  const last = await runCases(plan.last, home, run);
  removals.push(leave(home, run));
  const leftovers = (await Promise.all(removals)).flat();
  const shared = run.keep ? [] : await run.shared.removeAll();
  return { results: [first, ...groups, last].flat(), leftovers: [...leftovers, ...shared] };
}

/** A group on its way: its surroundings, and what its case has printed so far. */
interface Lane {
  readonly group: Group;
  readonly e2e: E2e;
  readonly lines: string[];
  /** Why no more of its cases can run. */
  obstacle: string | undefined;
}

async function lane(group: Group, { enter }: Run): Promise<Lane> {
  const lines: string[] = [];
  const e2e = await enter(group.name, (line) => void lines.push(line));
  return { group, e2e, lines, obstacle: undefined };
}

async function runCases(cases: readonly Case[], place: Lane, run: Run): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const one of cases) {
    if (run.signal.aborted) place.obstacle ??= "it was stopped before";
    const { obstacle } = place;
    const result: Result =
      obstacle === undefined
        ? await runCase(one, place, run)
        : { name: one.name, outcome: "skipped", seconds: 0, reason: obstacle };
    if (one.setsUp && result.outcome !== "passed") place.obstacle ??= obstacleOf(result);
    results.push(result);
  }
  return results;
}

/** A group that cannot be had here is skipped for the reason of its first case. */
const obstacleOf = ({ name, outcome, reason }: Result) =>
  outcome === "skipped" && reason !== undefined ? reason : `${name} did not pass`;

async function runCase({ name, title, ...one }: Case, { e2e, lines }: Lane, run: Run): Promise<Result> {
  run.print(`${name} begins`);
  const began = performance.now();
  const [outcome, reason] = await one.run(e2e).then(
    () => ["passed", undefined] as const,
    (error: unknown) => [error instanceof Skip ? "skipped" : "failed", messageOf(error)] as const,
  );
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (outcome === "failed" && !run.signal.aborted) e2e.print(await diagnose(e2e.kubectl).catch(messageOf));
  const end = {
    passed: `passed in ${seconds} s`,
    skipped: `skipped: ${reason}`,
    failed: `FAILED after ${seconds} s: ${reason}`,
  };
  for (const line of [`\n[${name}] ${title}`, ...lines.splice(0), `  ${end[outcome]}\n`]) run.print(line);
  return { name, seconds, outcome, figures: e2e.takeFigures(), ...(reason !== undefined && { reason }) };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Removes what the group made. Returns what is left, and why. */
const leave = async ({ e2e }: Lane, { keep }: Run) => (keep ? [] : await e2e.removeAll());
