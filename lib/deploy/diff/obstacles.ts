import { ManifestError } from "../manifests";
import type { Diff } from "./document";

/** Lists everything for which a deployment would stop, each with what to do. */
export function obstaclesOf({
  problems,
  objects,
  jobs,
}: Pick<Diff, "problems" | "objects" | "jobs">): readonly string[] {
  const again = new Set(jobs.filter(({ state }) => state === "again").map(({ object }) => object));
  const refusals = objects.flatMap(({ object, refusal }) => {
    if (refusal === undefined || again.has(object)) return [];
    const advice = refusal.runbook
      ? ` ${refusal.runbook.advice} See "${refusal.runbook.section}" in docs/operations.md.`
      : "";
    return [`${object} is refused: ${refusal.message}${advice}`];
  });
  const failures = jobs.flatMap(({ object, outlook }) =>
    outlook?.state === "refused" ? [`${object} would fail before it writes anything: ${outlook.reason}`] : [],
  );
  return [...problems, ...refusals, ...failures];
}

/** Refuses a deployment that would stop half-way. @throws ManifestError with all reasons at once */
export function requireDeployable(diff: Diff): void {
  const obstacles = obstaclesOf(diff);
  if (obstacles.length === 0) return;
  const count = obstacles.length === 1 ? "1 problem" : `${obstacles.length} problems`;
  throw new ManifestError(
    `Stage ${diff.stage} cannot be deployed to ${diff.context}: ${count}. Nothing was applied.\n${obstacles.map((text) => `  - ${text}`).join("\n")}`,
  );
}
