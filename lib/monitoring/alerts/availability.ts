import { DATA_SVC, EXPORTER } from "../../contract";
import { type AlertGroup, expression, selector, type Watched } from "../alert";

/** The server's pod of a StatefulSet, or those of the instances that an operator runs. */
const ONE_POD = 'pod="postgres-0"';
const INSTANCE_PODS = 'pod=~"postgres-[1-9][0-9]*"';

/**
 * Writes 1 if the primary's pod is ready, and 0 if it is not. A server without replicas is its own primary. None of the others
 * counts: a replica stays ready when the primary is lost.
 */
function primaryReady({ replicated, ...watched }: Watched): string {
  const of = selector(watched);
  const ready = (pods: string) => of("kube_pod_status_ready", `${pods}, condition="true"`);
  if (!replicated) return `max by (namespace) (${ready(ONE_POD)})`;
  const isPrimary = `1 - ${of("cnpg_postgres_instance_in_recovery")}`;
  return `max by (namespace) (max by (namespace, pod) (${ready(INSTANCE_PODS)}) * on (namespace, pod) max by (namespace, pod) (${isPrimary}))`;
}

/** Age at which three readings have failed, one every five minutes. */
const ISSUER_KEYS_SECONDS = 930;

/** Parts that do not answer. A fault raises one alert: the others leave out what follows from it. */
export function availability(watched: Watched): AlertGroup {
  const of = selector(watched);
  const primary = primaryReady(watched);
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
          unless on (namespace) (${primary} == 1)`),
        for: "1m",
        summary: "The database is down.",
        description: "No primary is ready, and the exporter cannot connect. data-svc answers 503.",
      },
      {
        name: "PostgresUnreachable",
        severity: "warning",
        expr: expression(`
          ${down}
          and on (namespace) (${primary} == 1)`),
        for: "5m",
        summary: "The exporter cannot connect to a database that is ready.",
        description: "Its password, the certificate, or the network is wrong. Nobody watches the database meanwhile.",
      },
      {
        name: "PostgresNotReady",
        severity: "critical",
        expr: expression(`
          ${primary} == 0
          unless on (namespace) (${down})`),
        for: "5m",
        summary: "No primary of the database is ready.",
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
