import type { CronJobSpec, PodSpec } from "../../imports/k8s";
import { labelsOf, type Part } from "./labels";

export interface DrillSchedule {
  /** In cron's five fields, as UTC. */
  readonly schedule: string;
  /** Seconds after which a drill is stopped. */
  readonly deadlineSeconds: number;
}

/** Runs a drill on time and one at a time. One try: a second one would hide a restore that works only sometimes. */
export const drillCronJob = (part: Part, { schedule, deadlineSeconds }: DrillSchedule, spec: PodSpec): CronJobSpec => ({
  schedule,
  timeZone: "Etc/UTC",
  concurrencyPolicy: "Forbid",
  // Makes up for a start that was missed, for instance while the cluster was down.
  startingDeadlineSeconds: deadlineSeconds,
  // A finished pod keeps its volume.
  successfulJobsHistoryLimit: 1,
  failedJobsHistoryLimit: 1,
  jobTemplate: {
    metadata: { labels: labelsOf(part) },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds,
      podReplacementPolicy: "Failed",
      // A drained node costs no try.
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      },
      template: { metadata: { labels: labelsOf(part) }, spec },
    },
  },
});
