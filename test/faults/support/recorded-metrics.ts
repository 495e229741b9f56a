import { assessment, call, metricsOf, NOBODY, type RunningService, USER } from "../../data-svc/support";

/** Seconds between two scrapes. */
const SCRAPE_SECONDS = 60;

/**
 * Scrapes a data-svc of this process again and again under requests, and writes the scrapes as if one had been a minute after the other, with
 * the series of the other exporters beside them. In OpenMetrics' text format.
 * @param end time of the last scrape, in seconds since 1970
 */
export async function recordMetrics(
  service: RunningService,
  namespace: string,
  end: number,
  scrapes: number,
): Promise<string> {
  const lines: string[] = [];
  const clock = movableClock();
  for (let minute = 0; minute < scrapes; minute++) {
    await makeRequests(service, minute);
    const body = await metricsOf(service);
    const time = end - (scrapes - 1 - minute) * SCRAPE_SECONDS;
    const others = otherSeries(minute, time).map(([name, labels, value]) => written(name, labels, value));
    for (const sample of [...samplesOf(body), ...others]) lines.push(`${placed(sample, namespace)} ${time}`);
    clock.move(SCRAPE_SECONDS);
  }
  clock.restore();
  return `${lines.join("\n")}\n# EOF\n`;
}

/** The process's clock, for the service has its metrics' text for a second: two scrapes of one second would be the same. */
function movableClock() {
  const now = performance.now.bind(performance);
  let moved = 0;
  const spy = jest.spyOn(performance, "now").mockImplementation(() => now() + moved);
  return {
    move(seconds: number) {
      moved += seconds * 1000;
    },
    restore: () => spy.mockRestore(),
  };
}

/** More of them in the middle, and some that are refused. */
async function makeRequests(service: RunningService, minute: number): Promise<void> {
  const count = 1 + Math.round(2 * Math.sin(minute / 40) ** 2);
  for (let request = 0; request < count; request++) {
    await call(service, "POST /internal/assessments", assessment());
    await call(service, `GET /internal/users/${USER}/assessments`);
  }
  if (minute % 3 === 0) await call(service, "POST /internal/assessments", assessment({ user_id: NOBODY }));
}

/** Samples of Prometheus' text format, without what says their types. */
const samplesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

const written = (name: string, labels: Labels, value: number) =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${text}"`)
    .join(",")}} ${value}`;

/** Adds what Prometheus' operator adds to a target's series. */
function placed(sample: string, namespace: string): string {
  const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(sample) ?? [];
  if (name === undefined) throw new Error(`${sample} is no sample.`);
  const all = [`namespace="${namespace}"`, ...(/\bpod="/.test(labels) ? [] : ['pod="data-svc-1"'])];
  return `${name}{${[...all, ...(labels === "" ? [] : [labels])].join(",")}} ${value}`;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [name: string, labels: Labels, value: number];

const HOUR = 3600;
const GIB = 2 ** 30;

/** Series of postgres_exporter, kube-state-metrics and the kubelet, none of which can run here, named as theirs in a cluster. */
function otherSeries(minute: number, time: number): readonly Sample[] {
  const wave = (1 + Math.sin(minute / 20)) / 2;
  const lastSuccess = (cronjob: string, every: number): Sample => [
    "kube_cronjob_status_last_successful_time",
    { cronjob },
    time - (time % every),
  ];
  const of = (name: string, usename: string, value: number): Sample => [`pg_sessions_${name}`, { usename }, value];
  const database = { datname: "diabrisk" };
  const claim = (persistentvolumeclaim: string, used: number): readonly Sample[] => [
    ["kubelet_volume_stats_used_bytes", { persistentvolumeclaim }, used],
    ["kubelet_volume_stats_capacity_bytes", { persistentvolumeclaim }, 10 * GIB],
  ];
  return [
    ["pg_up", {}, 1],
    ["kube_deployment_status_replicas_ready", { deployment: "data-svc" }, 3],
    lastSuccess("postgres-backup", HOUR),
    lastSuccess("postgres-drill", 7 * 24 * HOUR),
    lastSuccess("postgres-retention", 24 * HOUR),
    lastSuccess("postgres-archive-drill", 7 * 24 * HOUR),
    ["pg_settings_max_connections", {}, 103],
    ["pg_settings_superuser_reserved_connections", {}, 3],
    of("connections", "data_svc", 20 + Math.round(10 * wave)),
    of("connections", "readonly", 3),
    of("oldest_transaction_seconds", "backup", (minute % 60) * 2),
    of("oldest_transaction_seconds", "data_svc", wave / 10),
    of("idle_in_transaction_seconds", "data_svc", wave / 100),
    of("lock_wait_seconds", "data_svc", minute % 30 === 0 ? 2 : 0),
    ["pg_stat_database_xact_commit", database, minute * 600 + 2000 * wave],
    ["pg_stat_database_xact_rollback", database, minute * 2],
    ["pg_stat_database_blks_hit", database, minute * 60_000],
    ["pg_stat_database_blks_read", database, minute * 600],
    ["pg_stat_database_deadlocks", database, Math.floor(minute / 50)],
    ["pg_stat_database_temp_files", database, Math.floor(minute / 10)],
    ["pg_stat_user_tables_table_size_bytes", { relname: "assessments" }, 2 * GIB + minute * 1e6],
    ["pg_stat_user_tables_table_size_bytes", { relname: "audit_logs" }, GIB + minute * 2e6],
    ["pg_health_xid_age", {}, 150_000_000 + minute * 1000],
    ["pg_health_mxid_age", {}, 1_000_000],
    ["pg_stat_bgwriter_checkpoints_timed_total", {}, Math.floor(minute / 5)],
    ["pg_stat_bgwriter_checkpoints_req_total", {}, Math.floor(minute / 45)],
    ...claim("data-postgres-0", 4 * GIB + minute * 3e6),
    ...claim("backups", 2 * GIB),
    ["pg_database_size_bytes", database, 3.5 * GIB + minute * 3e6],
    ["pg_wal_size_bytes", {}, 0.5 * GIB],
  ];
}
