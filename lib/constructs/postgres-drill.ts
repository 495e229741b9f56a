import { Construct } from "constructs";
import { KubeCronJob } from "../../imports/k8s";
import { BACKUP } from "../contract";
import { cronJob } from "./cron-job";
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
      spec: cronJob(PART, drill, spec),
    });
  }
}
