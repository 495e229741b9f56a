import type { KubeObject } from "../kubectl";
import { reference } from "../manifests";
import { readiness } from "../readiness";
import type { PlannedJob } from "./document";
import type { Trial } from "./trial";

/** Says for each Job of the release whether it would be made, made again, or stay. */
export function jobsOf(trials: readonly Trial[]): readonly PlannedJob[] {
  return trials
    .filter(({ object }) => object.kind === "Job")
    .map(({ object, state, before }) => ({
      object: reference(object),
      state: state === "refused" && !hasFailed(before) ? "refused" : fateOf(before),
    }));
}

/** Whether the Job would run. */
export const wouldRun = ({ state }: PlannedJob) => state === "new" || state === "again";

const hasFailed = (job: KubeObject | undefined) => job !== undefined && readiness(job).state === "failed";

function fateOf(before: KubeObject | undefined): PlannedJob["state"] {
  if (before === undefined) return "new";
  // `npm run deploy` deletes a failed Job first.
  return ({ failed: "again", ready: "done", waiting: "running" } as const)[readiness(before).state];
}
