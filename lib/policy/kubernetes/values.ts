import { isIP } from "node:net";

/** A restriction of a field's values beyond its type. The published schema states these only in descriptions. */
export interface Allowed {
  /** Completes a message: `not Always, IfNotPresent or Never`. */
  readonly says: string;
  holds(value: string | number): boolean;
}

/** Fields and their only valid values, from the constants of Kubernetes' Go types (k8s.io/api v0.34). */
const ONE_OF: readonly (readonly [fields: string, values: string])[] = [
  [
    "core.v1.Container.imagePullPolicy core.v1.EphemeralContainer.imagePullPolicy core.v1.ImageVolumeSource.pullPolicy",
    "Always IfNotPresent Never",
  ],
  [
    "core.v1.Container.terminationMessagePolicy core.v1.EphemeralContainer.terminationMessagePolicy",
    "File FallbackToLogsOnError",
  ],
  ["core.v1.PodSpec.restartPolicy core.v1.Container.restartPolicy", "Always OnFailure Never"],
  ["core.v1.PodSpec.dnsPolicy", "ClusterFirst ClusterFirstWithHostNet Default None"],
  ["core.v1.PodSpec.preemptionPolicy scheduling.v1.PriorityClass.preemptionPolicy", "PreemptLowerPriority Never"],
  ["core.v1.PodOS.name", "linux windows"],
  ["core.v1.PodSecurityContext.fsGroupChangePolicy", "OnRootMismatch Always"],
  ["core.v1.PodSecurityContext.supplementalGroupsPolicy", "Merge Strict"],
  ["core.v1.SeccompProfile.type core.v1.AppArmorProfile.type", "Unconfined RuntimeDefault Localhost"],
  ["core.v1.SecurityContext.procMount", "Default Unmasked"],
  [
    "core.v1.ContainerPort.protocol core.v1.ServicePort.protocol networking.v1.NetworkPolicyPort.protocol",
    "TCP UDP SCTP",
  ],
  ["core.v1.HTTPGetAction.scheme", "HTTP HTTPS"],
  ["core.v1.VolumeMount.mountPropagation", "None HostToContainer Bidirectional"],
  ["core.v1.VolumeMount.recursiveReadOnly", "Disabled IfPossible Enabled"],
  ["core.v1.Toleration.operator", "Exists Equal"],
  ["core.v1.Toleration.effect core.v1.Taint.effect", "NoSchedule PreferNoSchedule NoExecute"],
  ["core.v1.NodeSelectorRequirement.operator", "In NotIn Exists DoesNotExist Gt Lt"],
  ["apis.meta.v1.LabelSelectorRequirement.operator", "In NotIn Exists DoesNotExist"],
  ["core.v1.TopologySpreadConstraint.whenUnsatisfiable", "DoNotSchedule ScheduleAnyway"],
  [
    "core.v1.TopologySpreadConstraint.nodeAffinityPolicy core.v1.TopologySpreadConstraint.nodeTaintsPolicy",
    "Honor Ignore",
  ],
  [
    "core.v1.PersistentVolumeClaimSpec.accessModes core.v1.PersistentVolumeSpec.accessModes",
    "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
  ],
  ["core.v1.PersistentVolumeClaimSpec.volumeMode core.v1.PersistentVolumeSpec.volumeMode", "Filesystem Block"],
  [
    "core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy storage.v1.StorageClass.reclaimPolicy",
    "Retain Delete Recycle",
  ],
  ["storage.v1.StorageClass.volumeBindingMode", "Immediate WaitForFirstConsumer"],
  ["core.v1.ServiceSpec.type", "ClusterIP NodePort LoadBalancer ExternalName"],
  ["core.v1.ServiceSpec.sessionAffinity", "None ClientIP"],
  ["core.v1.ServiceSpec.externalTrafficPolicy core.v1.ServiceSpec.internalTrafficPolicy", "Cluster Local"],
  ["core.v1.ServiceSpec.ipFamilies", "IPv4 IPv6"],
  ["core.v1.ServiceSpec.ipFamilyPolicy", "SingleStack PreferDualStack RequireDualStack"],
  ["networking.v1.HTTPIngressPath.pathType", "Exact Prefix ImplementationSpecific"],
  ["networking.v1.NetworkPolicySpec.policyTypes", "Ingress Egress"],
  ["apps.v1.DeploymentStrategy.type", "RollingUpdate Recreate"],
  ["apps.v1.StatefulSetUpdateStrategy.type apps.v1.DaemonSetUpdateStrategy.type", "RollingUpdate OnDelete"],
  ["apps.v1.StatefulSetSpec.podManagementPolicy", "OrderedReady Parallel"],
  [
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled",
    "Retain Delete",
  ],
  ["batch.v1.CronJobSpec.concurrencyPolicy", "Allow Forbid Replace"],
  ["batch.v1.JobSpec.completionMode", "NonIndexed Indexed"],
  ["batch.v1.JobSpec.podReplacementPolicy", "TerminatingOrFailed Failed"],
  ["batch.v1.PodFailurePolicyRule.action", "FailJob FailIndex Ignore Count"],
  ["policy.v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy", "IfHealthyBudget AlwaysAllow"],
  ["autoscaling.v2.MetricSpec.type", "Resource ContainerResource Pods Object External"],
  ["autoscaling.v2.MetricTarget.type", "Utilization Value AverageValue"],
  ["autoscaling.v2.HPAScalingPolicy.type", "Pods Percent"],
  ["autoscaling.v2.HPAScalingRules.selectPolicy", "Max Min Disabled"],
  ["rbac.v1.Subject.kind", "User Group ServiceAccount"],
  ["rbac.v1.RoleRef.kind", "Role ClusterRole"],
];

/**
 * Number fields with minimum and maximum, from the API server's validation. Zero is allowed where it means the default.
 */
const BETWEEN: readonly (readonly [fields: string, least: number, most?: number])[] = [
  [
    "core.v1.SecretVolumeSource.defaultMode core.v1.ConfigMapVolumeSource.defaultMode core.v1.ProjectedVolumeSource.defaultMode core.v1.DownwardAPIVolumeSource.defaultMode core.v1.KeyToPath.mode core.v1.DownwardAPIVolumeFile.mode",
    0,
    0o777,
  ],
  [
    "core.v1.Probe.periodSeconds core.v1.Probe.timeoutSeconds core.v1.Probe.initialDelaySeconds core.v1.Probe.successThreshold core.v1.Probe.failureThreshold",
    0,
  ],
  ["core.v1.PodSpec.terminationGracePeriodSeconds", 0],
  ["core.v1.PodSpec.activeDeadlineSeconds core.v1.TopologySpreadConstraint.maxSkew", 1],
  [
    "core.v1.PodSecurityContext.runAsUser core.v1.PodSecurityContext.runAsGroup core.v1.PodSecurityContext.fsGroup core.v1.SecurityContext.runAsUser core.v1.SecurityContext.runAsGroup",
    0,
    2 ** 31 - 1,
  ],
  ["core.v1.PreferredSchedulingTerm.weight core.v1.WeightedPodAffinityTerm.weight", 1, 100],
  [
    "apps.v1.DeploymentSpec.replicas apps.v1.DeploymentSpec.minReadySeconds apps.v1.DeploymentSpec.revisionHistoryLimit apps.v1.StatefulSetSpec.replicas apps.v1.StatefulSetSpec.minReadySeconds apps.v1.StatefulSetSpec.revisionHistoryLimit apps.v1.DaemonSetSpec.minReadySeconds",
    0,
  ],
  [
    "batch.v1.JobSpec.parallelism batch.v1.JobSpec.completions batch.v1.CronJobSpec.successfulJobsHistoryLimit batch.v1.CronJobSpec.failedJobsHistoryLimit batch.v1.CronJobSpec.startingDeadlineSeconds",
    0,
  ],
  ["autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas", 1],
];

/** `10.0.0.0/8`, `fd00::/8`. */
function isRange(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

/**
 * The values that the API server accepts by type and field, e.g. `core.v1.Container.imagePullPolicy`. Other fields take
 * any value.
 */
export const ALLOWED: ReadonlyMap<string, Allowed> = new Map<string, Allowed>([
  ...ONE_OF.flatMap(([fields, values]) => keyed(fields, oneOf(values.split(" ")))),
  ...BETWEEN.flatMap(([fields, least, most]) => keyed(fields, between(least, most))),
  ...keyed("networking.v1.IPBlock.cidr networking.v1.IPBlock.except", {
    says: "an address and the bits of its network, as 10.0.0.0/8",
    holds: (value) => typeof value === "string" && isRange(value),
  }),
]);

function keyed(fields: string, allowed: Allowed): [string, Allowed][] {
  return fields.split(" ").map((field) => [field, allowed]);
}

function oneOf(values: readonly string[]): Allowed {
  const set = new Set<unknown>(values);
  return { says: `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`, holds: (value) => set.has(value) };
}

function between(least: number, most = Number.MAX_SAFE_INTEGER): Allowed {
  const says =
    most === Number.MAX_SAFE_INTEGER
      ? `${least} or more`
      : `${least} to ${most}${most === 0o777 ? " (0777 in octal)" : ""}`;
  return { says, holds: (value) => typeof value === "number" && value >= least && value <= most };
}
