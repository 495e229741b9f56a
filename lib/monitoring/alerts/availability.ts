import { DATA_SVC, EXPORTER } from "../../contract";
import { type AlertGroup, expression, selector, type Watched } from "../alert";

/** The database's pods, whichever engine runs them: `postgres-0`, or `postgres-1` and so on. */
const DATABASE_PODS = 'pod=~"postgres-[0-9]+"';

/** Age at which three readings have failed, one every five minutes. */
const ISSUER_KEYS_SECONDS = 930;

/** Parts that do not answer. A fault raises one alert: the others leave out what follows from it. */
export function availability(watched: Watched): AlertGroup {
  const of = selector(watched);
  const ready = `max by (namespace) (${of("kube_pod_status_ready", `${DATABASE_PODS}, condition="true"`)}) == 1`;
  const down = `max by (namespace) (${of("pg_up")}) == 0`;
  const deployment = `deployment="${DATA_SVC.name}"`;
  return {
    name: "availability",
    alerts: [
      {
        name: "PostgresDown",
        severity: "critical",
        expr: expression(`
          ${down}
          unless on (namespace) (${ready})`),
        for: "1m",
        summary: "The database is down.",
        description: "No pod of the database is ready, and the exporter cannot connect. data-svc answers 503.",
      },
      {
        name: "PostgresUnreachable",
        severity: "warning",
        expr: expression(`
          ${down}
          and on (namespace) (${ready})`),
        for: "5m",
        summary: "The exporter cannot connect to a database that is ready.",
        description: "Its password, the certificate, or the network is wrong. Nobody watches the database meanwhile.",
      },
      {
        name: "PostgresNotReady",
        severity: "critical",
        expr: expression(`
          max by (namespace) (${of("kube_pod_status_ready", `${DATABASE_PODS}, condition="true"`)}) == 0
          unless on (namespace) (${down})`),
        for: "5m",
        summary: "No pod of the database is ready.",
        description:
          "New connections find no server behind the Service postgres, though the exporter does not call it down.",
      },
      {
        name: "PostgresExporterDown",
        severity: "warning",
        expr: `absent(${of("up", `job="${EXPORTER.name}"`)} == 1)`,
        for: "5m",
        summary: "There are no metrics of the database.",
        description:
          "Prometheus finds no exporter, or cannot scrape it. No alert about the database can fire meanwhile.",
      },
      {
        name: "PostgresMetricsMissing",
        severity: "warning",
        expr: expression(`
          (
            max by (namespace) (${of("pg_exporter_last_scrape_error")}) > 0
            or max by (namespace) (${of("pg_exporter_user_queries_load_error")}) > 0
            or max by (namespace) (1 - ${of("pg_scrape_collector_success")}) > 0
            or max by (namespace) (${of("pg_health_sequences_unread")}) > 0
            or max by (namespace) (${of("pg_up")}) unless on (namespace) ${of("pg_scrape_collector_success")}
          )
          unless on (namespace) (${down})`),
        for: "10m",
        summary: "Some metrics of the database are missing.",
        description:
          "A query of the exporter fails, so that alerts on its result cannot fire. The exporter's log names it.",
      },
      {
        name: "DataServiceNotReady",
        severity: "critical",
        expr: expression(`
          max by (namespace) (${of("kube_deployment_status_replicas_ready", deployment)})
            < max by (namespace) (${of("kube_deployment_spec_replicas", deployment)})
          unless on (namespace) (${down})`),
        for: "5m",
        summary: "Pods of data-svc are not ready.",
        description: "{{ $value }} of its pods are ready, fewer than the stage has. The database answers.",
      },
      {
        name: "DataServiceMetricsMissing",
        severity: "warning",
        expr: `absent(${of("up", `job="${DATA_SVC.name}"`)} == 1)`,
        for: "5m",
        summary: "There are no metrics of data-svc.",
        description:
          "Prometheus finds no pod of data-svc, or can scrape none. No alert about requests or the schema can fire.",
      },
      {
        name: "DataServiceIssuerKeysOld",
        severity: "warning",
        // Three readings have failed, as for the service's own warning.
        expr: `time() - min by (namespace) (${of("data_svc_issuer_keys_read_timestamp_seconds")}) > ${ISSUER_KEYS_SECONDS}`,
        for: "5m",
        summary: "data-svc cannot read the keys of its callers' tokens.",
        description:
          "A pod has read them {{ $value | humanizeDuration }} ago. Tokens of a newer key get 401, and those of a withdrawn one are accepted.",
      },
    ],
  };
}
