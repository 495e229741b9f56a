import { ageOf, lengthOf } from "../../common/amounts";
import { baseBackupHours } from "../../stages/schedule";
import type { ArchiveStage } from "../../stages/stage";
import { type Finding, worst } from "../../status/document";
import type { Kubectl, KubeObject } from "../kubectl";

/** Judges whether a Cluster's log goes to its archive, and when the last base backup there ended. */
export async function archiveFinding(
  reference: string,
  { schedule }: ArchiveStage,
  kubectl: Kubectl,
  now: Date,
): Promise<Finding> {
  const cluster = await kubectl.get(reference);
  const ended = latest(await kubectl.list("backups.postgresql.cnpg.io", ""));
  const seconds = baseBackupHours(schedule) * 3600;
  const base = baseBackup(ended, seconds, now);
  const log = archiving(cluster);
  return {
    state: worst([base, log]),
    text: [base.text, log.text].filter(Boolean).join(" "),
    values: { baseBackupMaySeconds: seconds, ...(ended && { baseBackupAt: ended.toISOString() }) },
  };
}

function baseBackup(ended: Date | undefined, seconds: number, now: Date): Finding {
  if (!ended) return { state: "warning", text: "There is no base backup in the archive yet." };
  const isOld = now.getTime() - ended.getTime() > seconds * 1000;
  const text = `The last base backup ended ${ageOf(ended.getTime(), now)} ago; it may be ${lengthOf(seconds)} old.`;
  return { state: isOld ? "failed" : "ok", text };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** The operator's own verdict. It has none before the first file. */
function archiving(cluster: KubeObject | undefined): Finding {
  const conditions = (cluster?.status?.conditions ?? []) as readonly Condition[];
  const found = conditions.find(({ type }) => type === "ContinuousArchiving");
  if (found?.status !== "False") return { state: "ok", text: "" };
  return {
    state: "failed",
    text: `The write-ahead log is not archived: ${found.message ?? "the operator says no more"}.`,
  };
}

function latest(backups: readonly KubeObject[]): Date | undefined {
  const ends = backups
    .filter(({ status }) => status?.phase === "completed" && typeof status.stoppedAt === "string")
    .map(({ status }) => new Date(String(status?.stoppedAt)).getTime());
  return ends.length > 0 ? new Date(Math.max(...ends)) : undefined;
}
