import { Chart } from "cdk8s";
import { buildApp } from "../../lib/app";
import { type KubeObject, kubeObject } from "../../lib/policy";
import { allows, type End, endOf, type Port, peers, rulesOf } from "../../lib/policy/kubernetes/network";
import { matchesAll } from "../../lib/policy/kubernetes/selector";
import { Objects } from "../../lib/policy/objects";
import type { Pod } from "../../lib/policy/pods";
import { number, type Tree, text, texts, tree, trees } from "../../lib/policy/tree";
import { completeCredentials } from "../../lib/secrets/credentials";
import type { Stage } from "../../lib/stages/stage";

/** What pods read from: a Secret or a ConfigMap. */
export interface Source {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  /** The object that makes it, and where that takes it from; undefined where it is in the manifests itself. */
  readonly from?: string;
}

/** A pod that reads a source, with the containers that mount it. */
export interface Reading {
  readonly source: string;
  readonly app: string;
  readonly containers: readonly string[];
}

export interface Workload {
  readonly app: string;
  readonly kind: string;
  /** Pods at a time. */
  readonly pods: number;
  readonly containers: readonly string[];
  /** Claims of the StatefulSet: name of the first pod's claim, and size. */
  readonly volumes: readonly { readonly claim: string; readonly size: string }[];
}

export interface Connection {
  /** `app` of a workload, or an outsider's name. */
  readonly from: string;
  readonly to: string;
  readonly ports: readonly string[];
}

/** What runs in one stage, what it reads and who may talk to whom. */
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

/** Reads the finished objects of `stage`. Values of Secrets are made up and appear nowhere. */
export function topologyOf(stage: Stage): Topology {
  const pair = { certificate: "", key: "" };
  const app = buildApp({
    stage,
    sqlDigest: "0".repeat(16),
    ...(stage.secrets.kind === "generated" && {
      credentials: completeCredentials({}, { authority: pair, server: pair }),
    }),
  });
  const charts = app.node.children.filter((child) => Chart.isChart(child));
  const objects = new Objects(charts.flatMap((chart) => chart.toJson().map((document) => kubeObject(document))));
  const { outsiders, connections } = connectionsIn(objects);
  return {
    namespace: stage.namespace,
    workloads: objects.pods.map(workload),
    services: objects.ofKind("Service").flatMap((service) => serviceIn(objects, service)),
    sources: sourcesIn(objects),
    readings: objects.pods.flatMap(readingsOf),
    outsiders,
    connections,
  };
}

const appOf = ({ labels }: Pick<End, "labels">) => labels.get("app") ?? "";
/** A digest at the end of a name changes with every release. */
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

function serviceIn(objects: Objects, service: KubeObject): Topology["services"] {
  const target = objects.pods.find(({ labels }) => matchesAll(tree(service.tree, "spec", "selector"), labels));
  const ports = trees(service.tree, "spec", "ports").map(([port]) => number(port, "port") ?? 0);
  return target ? [{ name: service.name, app: appOf(target), ports }] : [];
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

/** A connection stands where the policies of both ends allow it; of an outsider's end nothing is known. */
function connectionsIn(objects: Objects): Pick<Topology, "outsiders" | "connections"> {
  const inside = objects.pods.map((pod) => ({ name: appOf(pod), end: endOf(pod), known: true }));
  const outside = outsidersIn(objects).map(({ name, end }) => ({ name, end, known: false }));
  const ends = [...inside, ...outside];
  const ports = portsIn(objects);
  const connections = ends.flatMap((from) =>
    ends.flatMap((to): Connection[] => {
      if (!from.known && !to.known) return [];
      const open = ports.filter(
        (port) =>
          (!from.known || allows(objects, "Egress", from.end, to.end, port)) &&
          (!to.known || allows(objects, "Ingress", to.end, from.end, port)),
      );
      return open.length === 0 ? [] : [{ from: from.name, to: to.name, ports: open.map(portText) }];
    }),
  );
  return { outsiders: outside.map(({ name }) => name), connections };
}

const portText = ({ number: port, protocol }: Port) => (protocol === "TCP" ? String(port) : `${port}/${protocol}`);

/** Every peer that a policy names and no workload here is, once. */
function outsidersIn(objects: Objects): { name: string; end: End }[] {
  const found = new Map<string, End>();
  for (const [peer, policy] of peersIn(objects)) {
    const labels = new Map(texts(peer, "podSelector", "matchLabels"));
    const elsewhere = text(peer, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name");
    const namespace = elsewhere ?? policy.namespace;
    if (!elsewhere && objects.pods.some((pod) => matchesAll(tree(peer, "podSelector", "matchLabels"), pod.labels)))
      continue;
    const pod = [...labels.values()].join(", ") || "any pod";
    found.set(elsewhere ? `${pod} in ${elsewhere}` : pod, { namespace, labels });
  }
  return [...found].map(([name, end]) => ({ name, end }));
}

function peersIn(objects: Objects): (readonly [Tree, KubeObject])[] {
  return rulesIn(objects).flatMap(({ rule, direction, policy }) =>
    (peers(rule, direction) ?? []).map(([peer]) => [peer, policy] as const),
  );
}

function rulesIn(objects: Objects) {
  return objects
    .ofKind("NetworkPolicy")
    .flatMap((policy) =>
      (["Ingress", "Egress"] as const).flatMap((direction) =>
        rulesOf(policy, direction).map(([rule]) => ({ rule, direction, policy })),
      ),
    );
}

function portsIn(objects: Objects): Port[] {
  const ports = rulesIn(objects).flatMap(({ rule }) =>
    trees(rule, "ports").map(([port]): Port => {
      const protocol = text(port, "protocol") === "UDP" ? "UDP" : "TCP";
      return { number: number(port, "port") ?? 0, protocol };
    }),
  );
  const unique = new Map(ports.map((port) => [portText(port), port]));
  return [...unique.values()].sort((a, b) => a.number - b.number || a.protocol.localeCompare(b.protocol));
}
