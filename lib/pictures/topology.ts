import { Chart } from "cdk8s";
import { buildApp } from "../app";
import { type KubeObject, kubeObject } from "../policy";
import { matchesAll } from "../policy/kubernetes/selector";
import { Objects } from "../policy/objects";
import type { Pod } from "../policy/pods";
import { number, type Tree, text, tree, trees } from "../policy/tree";
import { completeCredentials, databaseUsers } from "../secrets/credentials";
import type { Stage } from "../stages/stage";
import { appOf, type Connection, connectionsIn } from "./connections";

/** A Secret or ConfigMap that pods read. */
export interface Source {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  /** The object that makes it, and that object's own source. Undefined if the manifests hold it. */
  readonly from?: string;
}

/** A pod that reads a source, and the containers that mount it. */
export interface Reading {
  readonly source: string;
  readonly app: string;
  readonly containers: readonly string[];
}

export interface Workload {
  readonly app: string;
  readonly kind: string;
  /** Number of pods at a time. */
  readonly pods: number;
  readonly containers: readonly string[];
  /** Claims of a StatefulSet or Cluster: the first pod's name for it, and its size. */
  readonly volumes: readonly { readonly claim: string; readonly size: string }[];
}

/** The pods of one stage, their sources and their connections. */
export interface Topology {
  readonly namespace: string;
  readonly workloads: readonly Workload[];
  readonly services: readonly { readonly name: string; readonly app: string; readonly ports: readonly number[] }[];
  readonly sources: readonly Source[];
  readonly readings: readonly Reading[];
  /** Pods of other software that a policy names. */
  readonly outsiders: readonly string[];
  readonly connections: readonly Connection[];
}

/** Reads the finished objects of `stage`. The Secrets' values are placeholders and appear nowhere. */
export function topologyOf(stage: Stage): Topology {
  const pair = { certificate: "", key: "" };
  const keys = { recipient: "", identity: "" };
  const app = buildApp({
    stage,
    migrations: { version: 0, required: 0, contracts: [], digest: "0".repeat(16) },
    ...(stage.secrets.kind === "generated" && {
      credentials: completeCredentials(
        {},
        databaseUsers(stage),
        { authority: pair, server: pair, service: pair },
        { people: keys, drill: keys },
      ),
    }),
  });
  const charts = app.node.children.filter((child) => Chart.isChart(child));
  const objects = new Objects(charts.flatMap((chart) => chart.toJson().map((document) => kubeObject(document))));
  const { outsiders, connections } = connectionsIn(objects);
  const clusters = objects.ofKind("Cluster").map(cluster);
  return {
    namespace: stage.namespace,
    workloads: [...clusters, ...objects.pods.map(workload)],
    services: objects.ofKind("Service").flatMap((service) => serviceIn(objects, service)),
    sources: sourcesIn(objects),
    readings: objects.pods.flatMap(readingsOf),
    // The policies know a cluster's pods by its name alone.
    outsiders: outsiders.filter((name) => !clusters.some(({ app }) => app === name)),
    connections,
  };
}

/** Drops the digest at the end of a name, since every release changes it. */
const withoutDigest = (name: string) => name.replace(/-[0-9a-f]{10}$/, "-…");

function workload(pod: Pod): Workload {
  const { owner, containers } = pod;
  const claims = trees(owner.tree, "spec", "volumeClaimTemplates").map(([claim]) => ({
    claim: `${text(claim, "metadata", "name")}-${owner.name}-0`,
    size: text(claim, "spec", "resources", "requests", "storage") ?? "",
  }));
  return {
    app: appOf(pod),
    kind: owner.kind,
    pods: number(owner.tree, "spec", "replicas") ?? 1,
    containers: containers.map(({ name }) => name),
    volumes: claims,
  };
}

/** A database of CloudNativePG, whose operator makes the pods and their claims. */
function cluster({ kind, name, tree: object }: KubeObject): Workload {
  const [data, log] = ["storage", "walStorage"].map((volume) => text(object, "spec", volume, "size"));
  const claims = [
    ["", data],
    ["-wal", log],
  ] as const;
  return {
    app: name,
    kind,
    pods: number(object, "spec", "instances") ?? 1,
    containers: ["postgres"],
    volumes: claims.flatMap(([end, size]) => (size === undefined ? [] : [{ claim: `${name}-1${end}`, size }])),
  };
}

/** Label that its controller gives each pod of a StatefulSet, so that no template has it. */
const POD_NAME = "statefulset.kubernetes.io/pod-name";

function serviceIn(objects: Objects, service: KubeObject): Topology["services"] {
  const { [POD_NAME]: _, ...selector } = tree(service.tree, "spec", "selector");
  const target = objects.pods.find(({ labels }) => matchesAll(selector, labels));
  const app = target ? appOf(target) : text(selector, "cnpg.io/cluster");
  const ports = trees(service.tree, "spec", "ports").map(([port]) => number(port, "port") ?? 0);
  return app === undefined ? [] : [{ name: service.name, app, ports }];
}

function sourcesIn(objects: Objects): Source[] {
  const plain = objects.ofKind("Secret", "ConfigMap").map(({ kind, name }) => ({ kind, name: withoutDigest(name) }));
  const made = objects.all.flatMap(({ kind, tree: object }): Source[] => {
    if (kind !== "ExternalSecret" && kind !== "Certificate") return [];
    const name = text(object, "spec", "target", "name") ?? text(object, "spec", "secretName") ?? "";
    const reference = tree(object, "spec", kind === "Certificate" ? "issuerRef" : "secretStoreRef");
    return [{ kind: "Secret", name, from: `${kind} of ${text(reference, "kind")} ${text(reference, "name")}` }];
  });
  return [...(plain as Source[]), ...made];
}

function readingsOf(pod: Pod): Reading[] {
  const byName = new Map<string, Set<string>>();
  for (const [volume] of trees(pod.spec, "volumes")) {
    const users = pod.containers.filter(({ tree: container }) => mounts(container, text(volume, "name")));
    for (const name of namesIn(volume)) {
      const known = byName.get(name) ?? new Set();
      byName.set(name, known);
      for (const user of users) known.add(user.name);
    }
  }
  return [...byName].map(([source, containers]) => ({ source, app: appOf(pod), containers: [...containers].sort() }));
}

const mounts = (container: Tree, volume: string | undefined) =>
  trees(container, "volumeMounts").some(([mount]) => text(mount, "name") === volume);

function namesIn(volume: Tree): string[] {
  const projected = trees(volume, "projected", "sources").flatMap(([source]) => namesIn(source));
  const own = [
    text(volume, "secret", "secretName"),
    text(volume, "secret", "name"),
    text(volume, "configMap", "name"),
  ].filter((name) => name !== undefined);
  return [...own.map(withoutDigest), ...projected];
}
