import { ARCHIVE_DRILL, BACKUP, RETENTION } from "../../contract";
import { type Alert, type AlertGroup, ageOf, DAY, ofCronJob, selector, type Watched } from "../alert";

/** Backups, drills, retention, and the certificates. */
export function protection(watched: Watched): AlertGroup {
  const of = selector(watched);
  const { namespace, drillNamespace } = watched;
  const backup = { namespace, cronJob: BACKUP.name };
  const drill = { namespace: drillNamespace, cronJob: BACKUP.drill };
  const retention = { namespace, cronJob: RETENTION.name };
  const archiveDrill = { namespace, cronJob: ARCHIVE_DRILL.name };
  const cronJobs = [backup, drill, retention, ...(watched.archiveDrill ? [archiveDrill] : [])];
  const archiveDrillTooOld: Alert = {
    name: "ArchiveDrillTooOld",
    severity: "warning",
    expr: `${ageOf(archiveDrill)} > ${watched.drillDays * DAY}`,
    summary: "Nothing proves that the archive can be recovered.",
    description: "The last drill of the archive that passed ended {{ $value | humanizeDuration }} ago.",
  };
  const leftOf = (metric: string) => `min by (namespace) (${of(metric)}) - time()`;
  const left = leftOf("data_svc_database_certificate_expiry_timestamp_seconds");
  const serviceLeft = leftOf("data_svc_certificate_expiry_timestamp_seconds");
  const expires = {
    name: "PostgresCertificateExpires",
    summary: "The server's certificate is about to expire.",
    description: "It expires in {{ $value | humanizeDuration }}. After that, no client connects any more.",
  };
  const serviceExpires = {
    name: "DataServiceCertificateExpires",
    summary: "The certificate of data-svc is about to expire.",
    description:
      "It expires in {{ $value | humanizeDuration }}. After that, no service that verifies it gets an answer.",
  };
  return {
    name: "protection",
    alerts: [
      {
        name: "BackupTooOld",
        severity: "critical",
        expr: `${ageOf(backup)} > ${watched.backupHours * 3600}`,
        summary: "There is no recent backup.",
        description:
          "The last one ended {{ $value | humanizeDuration }} ago. Losing the volume now loses all that came after.",
      },
      {
        name: "DrillTooOld",
        severity: "warning",
        expr: `${ageOf(drill)} > ${watched.drillDays * DAY}`,
        summary: "Nothing proves that the backups can be restored.",
        description: "The last drill that passed ended {{ $value | humanizeDuration }} ago.",
      },
      {
        name: "RetentionTooOld",
        severity: "warning",
        expr: `${ageOf(retention)} > ${watched.retentionDays * DAY}`,
        summary: "Nothing deletes what is past its time.",
        description:
          "The last run that succeeded ended {{ $value | humanizeDuration }} ago. In months, the audit log has no partition.",
      },
      ...(watched.archiveDrill ? [archiveDrillTooOld] : []),
      {
        name: "CronJobMetricsMissing",
        severity: "warning",
        expr: cronJobs.map((one) => `absent(${ofCronJob("kube_cronjob_created", one)})`).join("\nor "),
        for: "10m",
        summary: "Nobody sees whether a CronJob still succeeds.",
        description:
          "Prometheus knows no CronJob {{ $labels.cronjob }}: it is gone, or kube-state-metrics is not scraped. Its age raises no alert.",
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
      { ...serviceExpires, severity: "warning", expr: `${serviceLeft} < ${14 * DAY}` },
      { ...serviceExpires, severity: "critical", expr: `${serviceLeft} < ${3 * DAY}` },
      {
        name: "DataServiceCertificateRefused",
        severity: "warning",
        expr: `max by (namespace, pod) (${of("data_svc_certificate_refused")}) > 0`,
        for: "1m",
        summary: "data-svc does not serve its renewed certificate.",
        description:
          "{{ $labels.pod }} cannot use what its Secret holds. It serves the certificate before, until that expires.",
      },
    ],
  };
}
