import { BACKUP } from "../../contract";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../../postgres/identity";
import { type AlertGroup, expression, selector, type Watched } from "../alert";

/** Claims of the database under either engine, and of backups on a volume. */
const CLAIMS = `persistentvolumeclaim=~"${POSTGRES_IDENTITY.claim}-${POSTGRES_POD}|postgres-[0-9]+(-wal)?|${BACKUP.claim}"`;

/** Space that runs out. */
export function storage(watched: Watched): AlertGroup {
  const of = selector(watched);
  const used = expression(`
    max by (namespace, persistentvolumeclaim) (
      ${of("kubelet_volume_stats_used_bytes", CLAIMS)} / ${of("kubelet_volume_stats_capacity_bytes", CLAIMS)}
    )`);
  const filling = {
    name: "PostgresVolumeFilling",
    summary: "A volume is nearly full.",
    description:
      "{{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full. Shortly before its end the database turns read-only.",
  };
  return {
    name: "storage",
    alerts: [
      { ...filling, severity: "warning", expr: `${used} > 0.8`, for: "5m" },
      { ...filling, severity: "critical", expr: `${used} > 0.95`, for: "1m" },
      {
        name: "PostgresVolumeFullSoon",
        severity: "warning",
        // The hour leaves out a single load, and the half what fills a new volume.
        expr: expression(`
          max by (namespace, persistentvolumeclaim) (
            predict_linear(${of("kubelet_volume_stats_available_bytes", CLAIMS)}[6h], 86400)
          ) < 0
          and on (namespace, persistentvolumeclaim) ${used} > 0.5`),
        for: "1h",
        summary: "A volume will be full within a day.",
        description:
          "{{ $labels.persistentvolumeclaim }} will be full in a day, if it goes on like in the last six hours.",
      },
      {
        name: "PostgresReadOnly",
        severity: "critical",
        expr: `max by (namespace) (${of("data_svc_database_read_only")}) > 0`,
        summary: "The database takes no writes.",
        description: "Transactions are read-only, as they are while the volume is nearly full. Writes get 503.",
      },
      {
        name: "AuditEntriesUnwritten",
        severity: "warning",
        expr: `sum by (namespace) (increase(${of("data_svc_audit_entries_unwritten_total")}[4m])) > 0`,
        summary: "Reads are missing in the audit log.",
        description:
          "About {{ $value | humanize }} reads of people's data in four minutes are in data-svc's log alone, since the database took no entries.",
      },
    ],
  };
}
