import { App } from "cdk8s";
import { isMonitored, MonitoringChart } from "../../lib/charts/monitoring";
import { LOGIN_ROLES } from "../../lib/contract";
import { ALL_STAGES } from "../../lib/stages";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";
import { all, containersOf, type Manifest, objectsOf, only, releaseOf } from "../support/manifests";
import { common } from "../support/stages";

const MONITORED = ALL_STAGES.filter(({ monitoring }) => monitoring.kind !== "none");

function monitoringOf(stage: Stage, namespace = stage.namespace): Manifest[] {
  const release = releaseOf(stage, { namespace });
  if (!isMonitored(release)) throw new Error(`${stage.name} has no monitoring.`);
  return new MonitoringChart(new App(), release).toJson();
}

test("dev has nothing that a cluster without the operator's definitions refuses", () => {
  expect(objectsOf(dev).filter(({ apiVersion }) => apiVersion.startsWith("monitoring.coreos.com"))).toEqual([]);
  expect(objectsOf(dev).filter(({ metadata }) => metadata.name === "postgres-exporter")).toEqual([]);
});

describe.each(MONITORED)("the monitoring of $name", (stage) => {
  const objects = monitoringOf(stage);
  const { spec } = only(objects, "Deployment");
  const pod = spec.template;
  const [login, exporter] = containersOf(pod.spec ? pod : { spec: {} });

  test("asks the Service postgres as monitor, over TLS that it verifies", () => {
    const dataSource = new URL(exporter.env.find(({ name }: Manifest) => name === "DATA_SOURCE_NAME").value);
    expect([dataSource.username, dataSource.host, dataSource.pathname]).toEqual([
      "monitor",
      "postgres:5432",
      "/diabrisk",
    ]);
    expect(Object.fromEntries(dataSource.searchParams)).toMatchObject({
      sslmode: "verify-full",
      sslrootcert: "/etc/diabrisk/tls/ca.crt",
    });
    expect(LOGIN_ROLES).toContain(dataSource.username);
  });

  test("holds the password in no variable: a container beside the exporter writes it to the file that its driver reads", () => {
    expect(dataSourcePassword(exporter)).toBe("");
    const passfile = exporter.env.find(({ name }: Manifest) => name === "PGPASSFILE").value;
    expect(login.startupProbe.exec.command).toEqual(["test", "-s", passfile]);
    expect(exporter.volumeMounts.map(({ name }: Manifest) => name)).not.toContain("credential");
    const secrets = pod.spec.volumes.flatMap(({ secret }: Manifest) => (secret ? [secret.secretName] : []));
    expect(secrets).toEqual(["postgres-monitor", "postgres-tls"]);
  });

  test("runs once: two would need more connections than the role may have", () => {
    expect([spec.replicas, spec.strategy]).toEqual([1, { type: "Recreate" }]);
  });

  test("has a monitor for the exporter and one for data-svc, both named as the jobs that the alerts read", () => {
    const pods = only(objects, "PodMonitor", "postgres-exporter").spec;
    expect(pods.selector.matchLabels).toEqual({ app: pod.metadata.labels.app });
    expect(pods.podMetricsEndpoints.map(({ port }: Manifest) => port)).toEqual(
      exporter.ports.map(({ name }: Manifest) => name),
    );
    const services = only(objects, "ServiceMonitor", "data-svc").spec;
    expect(services.endpoints).toEqual([{ port: "metrics", path: "/metrics" }]);
    for (const { jobLabel } of [pods, services]) expect(jobLabel).toBe("app.kubernetes.io/name");
    expect(pod.metadata.labels["app.kubernetes.io/name"]).toBe("postgres-exporter");
  });

  test("alerts on its own namespace alone, with a severity, the stage and a runbook", () => {
    const rules = rulesOf(monitoringOf(stage, "elsewhere"));
    for (const { alert, expr, labels, annotations } of rules) {
      const selectors = expr.match(/\b[a-z_][a-z0-9_]*\{[^}]*\}/g) ?? [];
      expect([alert, selectors.length]).toEqual([alert, expect.any(Number)]);
      for (const one of selectors) expect(one).toMatch(/namespace="elsewhere(-drill)?"/);
      expect(labels).toMatchObject({
        ...{ severity: expect.stringMatching(/^(warning|critical)$/), stage: stage.name, namespace: "elsewhere" },
      });
      expect(annotations.runbook_url).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
    }
    expect(rules.length).toBeGreaterThan(30);
  });
});

test.each(MONITORED)(
  "the alerts of $name read CronJobs and Deployments that are there, each in its namespace",
  (stage) => {
    const objects = objectsOf(stage);
    const exprs = rulesOf(objects).map(({ expr }: Manifest) => String(expr));
    const named = exprs.flatMap((expr: string) => [
      ...expr.matchAll(/namespace="([^"]+)", (cronjob|deployment)="([^"]+)"/g),
    ]);
    expect(new Set(named.map(([, , kind]) => kind))).toEqual(new Set(["cronjob", "deployment"]));
    for (const [, namespace, kind, name] of named) {
      const there = objects.filter((object) => object.kind.toLowerCase() === kind && object.metadata.name === name);
      expect([name, there.map(({ metadata }) => metadata.namespace ?? stage.namespace)]).toEqual([name, [namespace]]);
    }
    const cronJobs = all(objects, "CronJob").map(({ metadata }) => metadata.name);
    expect(new Set(named.flatMap(([, , kind, name]) => (kind === "cronjob" ? [name] : [])))).toEqual(new Set(cronJobs));
  },
);

test("a stage may name the labels that its Prometheus wants, and where its runbooks are", () => {
  const objects = monitoringOf(common);
  for (const kind of ["PodMonitor", "ServiceMonitor", "PrometheusRule"]) {
    expect(only(objects, kind).metadata.labels).toMatchObject({ team: "hospital" });
  }
  expect(rulesOf(objects)[0].annotations.runbook_url).toBe("https://wiki.hospital.example/diabrisk#postgresdown");
});

test("the age of backups and drills that is too old is the stage's", () => {
  const expressions = Object.fromEntries(rulesOf(monitoringOf(common)).map(({ alert, expr }) => [alert, expr]));
  expect(expressions.BackupTooOld).toMatch(/> 10800$/);
  expect(expressions.DrillTooOld).toMatch(/> 777600$/);
});

const dataSourcePassword = ({ env }: Manifest) =>
  new URL(env.find(({ name }: Manifest) => name === "DATA_SOURCE_NAME").value).password;

const rulesOf = (objects: readonly Manifest[]): Manifest[] =>
  only(objects, "PrometheusRule").spec.groups.flatMap(({ rules }: Manifest) => rules);
