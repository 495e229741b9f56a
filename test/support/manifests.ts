import { App, Chart } from "cdk8s";
import type { Construct } from "constructs";
import { buildApp } from "../../lib/app";
import type { Release } from "../../lib/charts/stage-chart";
import { type Credentials, databaseUsers } from "../../lib/secrets/credentials";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";

/** Values that nothing generated, so that snapshots and tests can name them. */
export const FAKE_CREDENTIALS: Credentials = {
  passwords: Object.fromEntries(databaseUsers(dev).map((user) => [user, `fake-${user}`])),
  oauth: { clientId: "fake-client-id", clientSecret: "fake-client-secret" },
  tls: {
    authority: { certificate: "fake-authority", key: "fake-authority-key" },
    server: { certificate: "fake-certificate", key: "fake-key" },
    service: { certificate: "fake-service-certificate", key: "fake-service-key" },
  },
  backup: {
    people: { recipient: "fake-people", identity: "fake-people-identity" },
    drill: { recipient: "fake-drill", identity: "fake-drill-identity" },
  },
  stores: {
    backup: { accessKeyId: "fake-backup-id", secretAccessKey: "fake-backup-key" },
    drill: { accessKeyId: "fake-drill-id", secretAccessKey: "fake-drill-key" },
  },
};

/** A release of `stage` with fixed migrations, and a fixed source where it is compared. */
export function releaseOf(stage: Stage, overrides: Partial<Release> = {}): Release {
  return {
    stage,
    migrations: { version: 7, required: 7, contracts: [], digest: "0123456789abcdef" },
    ...(stage.secrets.kind === "generated" && { source: "fedcba9876543210" }),
    ...(stage.secrets.kind === "generated" && { credentials: FAKE_CREDENTIALS }),
    ...overrides,
  };
}

/** A finished object. Tests name what they expect of it, and `toBe` says what is there instead. */
export type Manifest = ReturnType<Chart["toJson"]>[number];

/** Every object of a release. */
export function objectsOf(stage: Stage, overrides: Partial<Release> = {}): Manifest[] {
  const app = buildApp(releaseOf(stage, overrides));
  return app.node.children.filter((child) => Chart.isChart(child)).flatMap((chart) => chart.toJson());
}

/** The objects of one chart. */
export function chartOf(
  StageChart: new (scope: Construct, release: Release) => Chart,
  stage: Stage,
  overrides: Partial<Release> = {},
): Manifest[] {
  return new StageChart(new App(), releaseOf(stage, overrides)).toJson();
}

/** All objects of a kind. */
export const all = (objects: readonly Manifest[], kind: string): Manifest[] =>
  objects.filter((object) => object.kind === kind);

/** The one object of a kind, and of a name where there are several; an error names what is there instead. */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = all(objects, kind).filter((object) => name === undefined || object.metadata.name === name);
  if (found.length === 1) return found[0];
  const present = objects.map((object) => `${object.kind}/${object.metadata.name}`).join(", ");
  throw new Error(`Looked for one ${kind}${name ? ` named ${name}` : ""}, found ${found.length} among ${present}.`);
}

/** The pod template of whatever starts pods. */
export const podsOf = (objects: readonly Manifest[]): Manifest[] =>
  objects
    .map((object) => object.spec?.jobTemplate?.spec.template ?? object.spec?.template)
    .filter((template) => template?.spec?.containers);

/** Every container of a pod, the ones that run first included. */
export const containersOf = (pod: Manifest): Manifest[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
