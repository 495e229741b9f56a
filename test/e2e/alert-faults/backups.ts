import { ARCHIVE_DRILL, BACKUP, RETENTION } from "../../../lib/contract";
import type { E2e } from "../case";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { sql } from "./sql";
import { without } from "./without";

/** Name of the Job by which a CronJob has succeeded once. */
export const madeForAlerts = (cronJob: string) => `${cronJob}-alerts`;

/** Makes a CronJob's last success older. Its Job goes first, since the controller would learn the time from it again. */
const lastSuccess = (cronJob: string, hours: number) => async (e2e: E2e) => {
  const set = async (time: Date) => {
    const status = { lastSuccessfulTime: time.toISOString().replace(/\.\d+Z$/, "Z") };
    const patch = `--patch=${JSON.stringify({ status })}`;
    await e2e.kubectl.run(["patch", "cronjob", cronJob, "--subresource=status", "--type=merge", patch]);
  };
  await e2e.kubectl.run(["delete", "job", madeForAlerts(cronJob), "--ignore-not-found"]);
  await set(new Date(Date.now() - hours * 3_600_000));
  return () => set(new Date());
};

const NINE_DAYS = 9 * 24;

const leaveDocument = sql(
  "insert into erasure.documents (report_id, content_url, erased_at) " +
    "values (gen_random_uuid(), 's3://reports/e2e', now() - interval '25 hours')",
  "delete from erasure.documents where content_url = 's3://reports/e2e'",
);

/** Faults of backups, drills, and deletion. */
export const BACKUP_FAULTS: readonly AlertFault[] = [
  {
    name: "no backup for a day",
    alerts: ["BackupTooOld critical"],
    seconds: SCRAPES,
    begin: lastSuccess(BACKUP.name, 27),
  },
  {
    name: "no drill for nine days",
    alerts: ["DrillTooOld warning"],
    seconds: SCRAPES,
    begin: lastSuccess(BACKUP.drill, NINE_DAYS),
  },
  {
    // Both at once: neither has to do with the other.
    name: "no retention for four days, and a document of an erased person that nobody deletes",
    alerts: ["RetentionTooOld warning", "ErasedDocumentsWaiting warning"],
    seconds: SCRAPES,
    async begin(e2e) {
      const ends = [await lastSuccess(RETENTION.name, 4 * 24)(e2e), await leaveDocument(e2e)];
      return async () => {
        for (const end of ends) await end();
      };
    },
  },
  {
    name: "the backup's CronJob is gone",
    alerts: ["CronJobMetricsMissing warning"],
    seconds: 10 * MINUTE + SCRAPES,
    begin: (e2e) => without(e2e, `cronjob/${BACKUP.name}`),
  },
];

export const NO_ARCHIVE_DRILL: AlertFault = {
  name: "no drill of the archive for nine days",
  alerts: ["ArchiveDrillTooOld warning"],
  seconds: SCRAPES,
  begin: lastSuccess(ARCHIVE_DRILL.name, NINE_DAYS),
};
