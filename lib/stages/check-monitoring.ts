import { isLabel } from "./check-names";
import { wholeNumber } from "./quantity";
import { parseSchedule } from "./schedule";
import type { PrometheusStage, Stage } from "./stage";

/** Refuses ages at which a healthy Job raises its alert, and labels that Kubernetes refuses. */
export function checkMonitoring({ monitoring, backup, retention, cluster }: Stage): string[] {
  if (monitoring.kind === "none") return [];
  const drill = cluster?.archive?.drill;
  return [
    ...checkAge("monitoring.backupHours", monitoring.backupHours, 3600, "backup", backup),
    ...checkAge("monitoring.drillDays", monitoring.drillDays, 86_400, "backup.drill", backup.drill),
    ...checkAge("monitoring.retentionDays", monitoring.retentionDays, 86_400, "retention", retention),
    ...(drill ? checkAge("monitoring.drillDays", monitoring.drillDays, 86_400, "cluster.archive.drill", drill) : []),
    ...checkLabels(monitoring),
  ];
}

/** Between two that succeed lie at most the gap of the schedule and the time that the later one takes. */
function checkAge(
  field: string,
  age: number,
  unit: number,
  of: string,
  { schedule, deadlineSeconds }: { readonly schedule: string; readonly deadlineSeconds: number },
): string[] {
  const problems = wholeNumber(field, age, 1);
  const gap = parseSchedule(schedule)?.longest;
  // Skips a schedule that its own check has reported already.
  if (problems.length > 0 || gap === undefined || age * unit >= gap + deadlineSeconds) return problems;
  const least = Math.ceil((gap + deadlineSeconds) / unit);
  return [
    `${field} is ${age}, but ${of}.schedule starts after up to ${gap} s and ${of}.deadlineSeconds is ${deadlineSeconds}, so the alert ` +
      `would come without a fault. Set it to at least ${least}, or start more often.`,
  ];
}

const checkLabels = ({ labels }: PrometheusStage) =>
  labels
    .filter((label) => !isLabel(label))
    .map(
      ([name, value]) =>
        `monitoring.labels has ${name}: ${value}, which Kubernetes refuses as a label. Write it like ["release", "kube-prometheus-stack"].`,
    );
