import type { CronJobSpec, PodFailurePolicyRule, PodSpec } from "../../imports/k8s";
import { labelsOf, type Part } from "./labels";

export interface Times {
  /** In cron's five fields, as UTC. */
  readonly schedule: string;
  /** Seconds after which Kubernetes gives a run up, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first. @default 0 */
  readonly retries?: number;
}

/**
 * Runs a pod on time and one at a time.
 * @param failures rules about exit codes. @default every failure costs a try
 */
export const cronJob = (
  part: Part,
  { schedule, deadlineSeconds, retries = 0 }: Times,
  spec: PodSpec,
  failures: readonly PodFailurePolicyRule[] = [],
): CronJobSpec => ({
  schedule,
  timeZone: "Etc/UTC",
  // Two at once would double the load, and one of them comes too late anyway.
  concurrencyPolicy: "Forbid",
  // Makes up for a start that was missed, for instance while the cluster was down.
  startingDeadlineSeconds: deadlineSeconds,
  // One of each: the pods that stay for their logs keep their volumes.
  successfulJobsHistoryLimit: 1,
  failedJobsHistoryLimit: 1,
  jobTemplate: {
    metadata: { labels: labelsOf(part) },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: retries,
      activeDeadlineSeconds: deadlineSeconds,
      podReplacementPolicy: "Failed",
      // A drained node costs no try.
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }, ...failures],
      },
      template: { metadata: { labels: labelsOf(part) }, spec },
    },
  },
});
