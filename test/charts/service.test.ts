import { ServiceChart } from "../../lib/charts/service";
import { ALL_STAGES } from "../../lib/stages";
import { callersOf } from "../../lib/stages/callers";
import { dev } from "../../lib/stages/dev";
import { prod } from "../../lib/stages/prod";
import type { Stage } from "../../lib/stages/stage";
import { all, chartOf, FAKE_CREDENTIALS, type Manifest, only } from "../support/manifests";
import { common } from "../support/stages";

describe.each(ALL_STAGES)("data-svc in $name", (stage) => {
  const objects = chartOf(ServiceChart, stage);
  const { spec } = only(objects, "Deployment");
  const pod = spec.template.spec;
  const [container] = pod.containers;

  test("is found by the label app=data-svc, which is all that anything selects", () => {
    expect(spec.selector).toEqual({ matchLabels: { app: "data-svc" } });
    expect(spec.template.metadata.labels.app).toBe("data-svc");
    expect(only(objects, "Service", "data-svc").spec.selector).toEqual({ app: "data-svc" });
  });

  test("is restarted for being dead and spared for not being ready", () => {
    expect(container.livenessProbe.httpGet.path).toBe("/healthz");
    expect(container.startupProbe.httpGet.path).toBe("/healthz");
    expect(container.readinessProbe.httpGet.path).toBe("/readyz");
  });

  test("stays among those that get requests for as long as a request waits for the database", () => {
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(periodSeconds * (failureThreshold - 1)).toBeGreaterThanOrEqual(stage.service.outageWaitSeconds);
  });

  test("is replaced one more at a time, never one fewer", () => {
    expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  test("goes on serving while the cluster stops sending, and then has time to finish", () => {
    expect(container.lifecycle.preStop).toEqual({ sleep: { seconds: stage.service.drainSeconds } });
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(stage.service.drainSeconds);
  });

  test("reads its own credential and app-config from files; its environment says how Node divides its memory, how many connections it may open, who may call what, and in dev the source", () => {
    const expectedSource = { name: "EXPECTED_SOURCE", value: "fedcba9876543210" };
    expect(container.env).toEqual([
      { name: "NODE_OPTIONS", value: "--max-semi-space-size=16" },
      { name: "POOL_MAX", value: String(stage.service.poolSize) },
      { name: "OUTAGE_WAIT_MS", value: String(stage.service.outageWaitSeconds * 1000) },
      { name: "CALLERS", value: JSON.stringify(callersOf(stage.network, stage.namespace)) },
      // A pinned image is named by its digest already.
      ...(stage.name === "dev" ? [expectedSource] : []),
    ]);
    const sources = pod.volumes.map((volume: Manifest) => volume.secret?.secretName ?? volume.configMap?.name);
    expect(sources.filter(Boolean)).toEqual(["postgres-data-svc", "postgres-tls", "data-svc-tls", "app-config"]);
    expect(container.volumeMounts.map((mount: Manifest) => mount.mountPath)).toEqual([
      "/etc/diabrisk/database",
      "/etc/diabrisk/tls",
      "/etc/diabrisk/service-tls",
      "/etc/diabrisk/api",
      "/etc/diabrisk/config",
      "/tmp",
    ]);
  });

  test("has a token that the kubelet renews for the API server's public keys, and no right to anything", () => {
    const { projected } = pod.volumes.find(({ name }: Manifest) => name === "api");
    expect(projected.sources).toEqual([
      { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ]);
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const kind of ["RoleBinding", "ClusterRoleBinding"]) expect(all(objects, kind)).toEqual([]);
  });

  test("is probed over TLS, at the port whose name stays", () => {
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
      expect(probe.httpGet).toMatchObject({ port: "http", scheme: "HTTPS" });
    expect(pod.volumes.filter(({ secret }: Manifest) => secret?.secretName === "data-svc-tls")).toEqual([
      { name: "certificate", secret: { secretName: "data-svc-tls", defaultMode: 0o440 } },
    ]);
  });

  test("has the database's authority, and not its key", () => {
    const { secret } = pod.volumes.find((volume: Manifest) => volume.secret?.secretName === "postgres-tls");
    expect(secret.items).toEqual([{ key: "ca.crt", path: "ca.crt" }]);
  });
});

test("several pods have a budget that leaves a drain something to stop, and are spread over nodes", () => {
  const objects = chartOf(ServiceChart, common);
  const { spec } = only(objects, "Deployment");
  const budget = only(objects, "PodDisruptionBudget").spec;
  expect(budget.minAvailable).toBeLessThan(spec.replicas);
  expect(budget.selector).toEqual(spec.selector);
  const { topologySpreadConstraints } = spec.template.spec;
  const keys = topologySpreadConstraints.map((constraint: Manifest) => constraint.topologyKey);
  expect(keys).toEqual(["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
});

test("a single replica has no budget, which would block every drain, and nothing to spread", () => {
  const objects = chartOf(ServiceChart, {
    ...dev,
    service: { ...dev.service, replicas: 1, minAvailable: undefined } as Stage["service"],
  });
  expect(all(objects, "PodDisruptionBudget")).toEqual([]);
  expect(only(objects, "Deployment").spec.template.spec.topologySpreadConstraints).toBeUndefined();
});

describe("its pods are replaced", () => {
  const template = (stage: Stage, credentials = FAKE_CREDENTIALS) =>
    only(chartOf(ServiceChart, stage, stage === prod ? {} : { credentials }), "Deployment").spec.template;

  test("when app-config changes", () => {
    const changed = { ...dev, config: { ...dev.config, logLevel: "trace" as const } };
    expect(template(changed)).not.toEqual(template(dev));
  });

  test("and not when its password does, which it reads anew for each connection", () => {
    const passwords = { ...FAKE_CREDENTIALS.passwords, data_svc: "changed" };
    expect(template(dev, { ...FAKE_CREDENTIALS, passwords })).toEqual(template(dev));
  });
});
