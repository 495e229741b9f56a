import { BACKUP, RETENTION } from "../../contract";
import { type AlertGroup, ageOf, DAY, selector, type Watched } from "../alert";

/** Backups, drills, retention, and the certificate. */
export function protection(watched: Watched): AlertGroup {
  const of = selector(watched);
  const left = `min by (namespace) (${of("data_svc_database_certificate_expiry_timestamp_seconds")}) - time()`;
  const expires = {
    name: "PostgresCertificateExpires",
    summary: "The server's certificate is about to expire.",
    description: "It expires in {{ $value | humanizeDuration }}. After that, no client connects any more.",
  };
  return {
    name: "protection",
    alerts: [
      {
        name: "BackupTooOld",
        severity: "critical",
        expr: `${ageOf(watched, BACKUP.name)} > ${watched.backupHours * 3600}`,
        summary: "There is no recent backup.",
        description:
          "The last one ended {{ $value | humanizeDuration }} ago. Losing the volume now loses all that came after.",
      },
      {
        name: "DrillTooOld",
        severity: "warning",
        expr: `${ageOf(watched, BACKUP.drill)} > ${watched.drillDays * DAY}`,
        summary: "Nothing proves that the backups can be restored.",
        description: "The last drill that passed ended {{ $value | humanizeDuration }} ago.",
      },
      {
        name: "RetentionTooOld",
        severity: "warning",
        expr: `${ageOf(watched, RETENTION.name)} > ${watched.retentionDays * DAY}`,
        summary: "Nothing deletes what is past its time.",
        description:
          "The last run that succeeded ended {{ $value | humanizeDuration }} ago. In months, the audit log has no partition.",
      },
      {
        name: "ErasedDocumentsWaiting",
        severity: "warning",
        expr: `max by (namespace) (${of("pg_erasure_oldest_document_seconds")}) > ${DAY}`,
        summary: "Documents of erased persons are still there.",
        description: "The oldest has waited for {{ $value | humanizeDuration }} to be deleted from its store.",
      },
      { ...expires, severity: "warning", expr: `${left} < ${14 * DAY}` },
      { ...expires, severity: "critical", expr: `${left} < ${3 * DAY}` },
    ],
  };
}
