import { ageOf, lengthOf } from "../../common/amounts";
import { ARCHIVE_DRILL, BACKUP, RETENTION } from "../../contract";
import { parseSchedule } from "../../stages/schedule";
import type { Stage } from "../../stages/stage";
import { type Finding, type State, worst } from "../../status/document";
import type { Kubectl, KubeObject } from "../kubectl";

/** A CronJob whose last success may only be so old. */
interface Wanted {
  readonly cronJob: string;
  /** A success for a person, e.g. `"backup"`. */
  readonly success: string;
  /** Age that the last success may have, in seconds. */
  readonly most: number;
}

export const backupsOf = ({ backup, monitoring }: Stage): Wanted => ({
  cronJob: BACKUP.name,
  success: "backup",
  most: monitoring.kind === "none" ? longestGap(backup) : monitoring.backupHours * 3600,
});

export const drillsOf = ({ backup: { drill }, monitoring }: Stage): Wanted => ({
  cronJob: BACKUP.drill,
  success: "drill that passed",
  most: monitoring.kind === "none" ? longestGap(drill) : monitoring.drillDays * 86_400,
});

export const retentionOf = ({ retention, monitoring }: Stage): Wanted => ({
  cronJob: RETENTION.name,
  success: "retention",
  most: monitoring.kind === "none" ? longestGap(retention) : monitoring.retentionDays * 86_400,
});

/** The archive's, if the stage's engine has one. */
export function archiveDrillsOf({ cluster, engine, monitoring }: Stage): Wanted | undefined {
  const drill = engine === "cloudnative-pg" ? cluster?.archive?.drill : undefined;
  return (
    drill && {
      cronJob: ARCHIVE_DRILL.name,
      success: "drill of the archive that passed",
      most: monitoring.kind === "none" ? longestGap(drill) : monitoring.drillDays * 86_400,
    }
  );
}

/** Stands in for the age at which an alert fires, where a stage has none. */
const longestGap = ({ schedule, deadlineSeconds }: { readonly schedule: string; readonly deadlineSeconds: number }) =>
  (parseSchedule(schedule)?.longest ?? 0) + deadlineSeconds;

/** Judges when a Job of the CronJob last succeeded, and whether a later one failed. */
export async function runsFinding(wanted: Wanted, kubectl: Kubectl, now: Date): Promise<Finding> {
  const { cronJob: name, most } = wanted;
  const cronJob = await kubectl.get(`cronjob/${name}`);
  if (!cronJob) return { state: "failed", text: `cronjob/${name} is not in namespace ${kubectl.namespace}.` };
  const jobs = await kubectl.list("jobs", `app=${name}`);
  const runs = {
    succeeded: latest([timeOf(cronJob.status?.lastSuccessfulTime), ...jobs.map((job) => endOf(job, "Complete"))]),
    failed: latest(jobs.map((job) => endOf(job, "Failed"))),
    made: timeOf(cronJob.metadata.creationTimestamp) ?? now,
  };
  const suspended = cronJob.spec?.suspend === true;
  const [state, sentence] = judge(runs, wanted, now);
  return {
    state: suspended && state === "ok" ? "warning" : state,
    text: `${sentence}${suspended ? ` cronjob/${name} is suspended.` : ""}`,
    values: {
      maySeconds: most,
      ...(runs.succeeded && { succeededAt: runs.succeeded.toISOString() }),
      ...(runs.failed && { failedAt: runs.failed.toISOString() }),
    },
  };
}

/** Joins two findings of one fact: a failure of either is one of the whole. */
export const joined = (one: Finding, other: Finding): Finding => ({
  state: worst([one, other]),
  text: `${one.text} ${other.text}`,
  values: { ...one.values, ...other.values },
});

/** Joins the finding of the dumps' drill with the archive's, whose values get names of their own. */
export function withArchive(dumps: Finding, archive: Finding): Finding {
  const { succeededAt, failedAt, maySeconds } = archive.values ?? {};
  return joined(dumps, {
    ...archive,
    values: {
      ...(succeededAt !== undefined && { archiveSucceededAt: succeededAt }),
      ...(failedAt !== undefined && { archiveFailedAt: failedAt }),
      ...(maySeconds !== undefined && { archiveMaySeconds: maySeconds }),
    },
  });
}

interface Runs {
  readonly succeeded: Date | undefined;
  readonly failed: Date | undefined;
  /** When the CronJob was made, from which one that never succeeded counts. */
  readonly made: Date;
}

function judge({ succeeded, failed, made }: Runs, { cronJob, success, most }: Wanted, now: Date): [State, string] {
  const ago = (time: Date) => `${ageOf(time.getTime(), now)} ago`;
  const isOld = now.getTime() - (succeeded ?? made).getTime() > most * 1000;
  const failure = failed && failed > (succeeded ?? made) ? ` One failed ${ago(failed)}.` : "";
  if (!succeeded) {
    const none = `There is no ${success} yet; cronjob/${cronJob} was made ${ago(made)}.${failure}`;
    return [isOld ? "failed" : "warning", none];
  }
  const last = `The last ${success} ended ${ago(succeeded)}; it may be ${lengthOf(most)} old.${failure}`;
  if (isOld) return ["failed", last];
  return [failure === "" ? "ok" : "warning", last];
}

const latest = (times: readonly (Date | undefined)[]): Date | undefined =>
  times.filter((time) => time !== undefined).sort((one, other) => other.getTime() - one.getTime())[0];

const timeOf = (text: unknown) => (typeof text === "string" ? new Date(text) : undefined);

interface JobCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

function endOf({ status }: KubeObject, type: "Complete" | "Failed"): Date | undefined {
  const conditions = (status?.conditions ?? []) as readonly JobCondition[];
  return timeOf(conditions.find((one) => one.type === type && one.status === "True")?.lastTransitionTime);
}
