/** One alert of Prometheus. Alerts of one name differ in severity and limit. */
export interface Alert {
  /** Name, and the heading of its runbook, e.g. `"PostgresDown"`. */
  readonly name: string;
  /** `critical` wakes somebody up. */
  readonly severity: "warning" | "critical";
  /** Raises the alert for each series that it returns. */
  readonly expr: string;
  /** How long that has to last, as a Prometheus duration. @default at once */
  readonly for?: string;
  /** Tells alerts of one name and severity apart, e.g. `"6h"`. A label of the alert. */
  readonly window?: string;
  /** One sentence: what is wrong. */
  readonly summary: string;
  /** The figures, and what they mean for whom. */
  readonly description: string;
}

/** Tells an alert from all others. */
export const alertKey = ({ name, severity, window }: Pick<Alert, "name" | "severity" | "window">) =>
  [name, severity, ...(window === undefined ? [] : [window])].join(" ");

/** Alerts that belong together, evaluated one after the other. */
export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

/** The facts about a stage that its alerts need. */
export interface Watched {
  /** Namespace of the stage. */
  readonly namespace: string;
  /** Hours after which the newest backup is too old. */
  readonly backupHours: number;
  /** Days after which the newest drill that passed is too old. */
  readonly drillDays: number;
  /** Days after which the last run of the retention is too old. */
  readonly retentionDays: number;
  /** Namespace of the drill of the dumps. */
  readonly drillNamespace: string;
  /** Whether there is an archive with a drill of its own. */
  readonly archiveDrill: boolean;
  /** Whether replicas stand beside the primary. They are ready without it. */
  readonly replicated: boolean;
}

/** Writes the selector of a metric in the stage's namespace, with more matchers if given. */
export const selector =
  ({ namespace }: Pick<Watched, "namespace">) =>
  (metric: string, matchers = "") =>
    `${metric}{namespace="${namespace}"${matchers && `, ${matchers}`}}`;

/** Puts a long expression on lines of its own, without the margin that it has in the source. */
export function expression(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim());
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin).trimEnd()).join("\n");
}

export const DAY = 86_400;

/** One CronJob, as kube-state-metrics names it. */
export interface Scheduled {
  readonly namespace: string;
  readonly cronJob: string;
}

/** Selects a metric of one CronJob. */
export const ofCronJob = (metric: string, { namespace, cronJob }: Scheduled) =>
  selector({ namespace })(metric, `cronjob="${cronJob}"`);

/** Writes the seconds since a Job of the CronJob last succeeded. One that has never succeeded counts from its creation. */
export const ageOf = (scheduled: Scheduled) =>
  expression(`
    time() - (
      max by (namespace) (${ofCronJob("kube_cronjob_status_last_successful_time", scheduled)})
      or max by (namespace) (${ofCronJob("kube_cronjob_created", scheduled)})
    )`);
