import { Construct } from "constructs";
import { type JobSpec, KubeCronJob } from "../../imports/k8s";
import { BACKUP } from "../contract";
import { labelsOf, PARTS } from "./labels";
import { checkMounts } from "./mounts";
import { imageExceptions } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { type DrillPodProps, drillPod } from "./postgres-drill-pod";

const PART = PARTS.drill;

/**
 * A CronJob that restores the newest backup into a server of its own and compares it with what was dumped. Its Job
 * fails unless everything is equal, and its result is stored beside the backup.
 */
export class PostgresDrill extends Construct {
  constructor(scope: Construct, props: DrillPodProps) {
    super(scope, BACKUP.drill);
    const { drill } = props.stage;
    const spec = drillPod(props);
    this.node.addValidation({ validate: () => checkMounts(spec) });
    new PodIdentity(this, PART);
    new KubeCronJob(this, "cron-job", {
      metadata: { name: BACKUP.drill, labels: labelsOf(PART), annotations: imageExceptions(props.database) },
      spec: {
        schedule: drill.schedule,
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        // Makes up for a start that was missed, for instance while the cluster was down.
        startingDeadlineSeconds: drill.deadlineSeconds,
        // A finished pod keeps its volume.
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: { metadata: { labels: labelsOf(PART) }, spec: jobSpec(drill.deadlineSeconds, spec) },
      },
    });
  }
}

/** One try: a second one would hide a restore that works only sometimes. A drained node costs none. */
const jobSpec = (deadlineSeconds: number, spec: ReturnType<typeof drillPod>): JobSpec => ({
  completions: 1,
  parallelism: 1,
  backoffLimit: 0,
  activeDeadlineSeconds: deadlineSeconds,
  podReplacementPolicy: "Failed",
  podFailurePolicy: {
    rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
  },
  template: { metadata: { labels: labelsOf(PART) }, spec },
});
