import type { KubeObject } from "../object";
import { at, list, number, text, texts, tree, trees } from "../tree";
import { groupOf } from "./api";
import { ANY, type LabelValue, numbered } from "./labels";

/** Names of what an operator makes of one custom resource in its namespace, and the labels of the pods and Services. */
export interface Children extends Readonly<Partial<Record<ChildKind, readonly string[]>>> {
  readonly labels?: readonly Readonly<Record<string, LabelValue>>[];
}

type ChildKind = "Secret" | "ConfigMap" | "Service" | "ServiceAccount" | "Deployment" | "PersistentVolumeClaim";

/**
 * Everything that an operator makes of a custom resource, of kinds whose documentation says it; undefined for others.
 * Secrets with known keys are in `secretSources`.
 */
export function childrenOf(resource: KubeObject): Children | undefined {
  const group = groupOf(resource.apiVersion);
  const make = MAKERS.get(`${group} ${resource.kind}`);
  return make?.(resource) ?? (SILENT.has(group) ? {} : undefined);
}

const MAKERS: ReadonlyMap<string, (resource: KubeObject) => Children> = new Map([
  ...["Kustomization", "Component"].map((kind) => [`kustomize.config.k8s.io ${kind}`, kustomize] as const),
  ["postgresql.cnpg.io Cluster", cnpgCluster],
  ["postgresql.cnpg.io Pooler", cnpgPooler],
  ["monitoring.coreos.com Prometheus", monitoring("prometheus")],
  ["monitoring.coreos.com PrometheusAgent", monitoring("prometheus-agent")],
  ["monitoring.coreos.com Alertmanager", monitoring("alertmanager")],
  ["monitoring.coreos.com ThanosRuler", monitoring("thanos-ruler")],
  ...["Certificate", "Issuer", "ClusterIssuer"].map((kind) => [`cert-manager.io ${kind}`, certManager] as const),
  ...["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ReferenceGrant", "GatewayClass"].map(
    (kind) => [`gateway.networking.k8s.io ${kind}`, () => ({})] as const,
  ),
]);

/** Groups of which no other kind makes something that manifests name or select. */
const SILENT = new Set(
  [
    "postgresql.cnpg.io barmancloud.cnpg.io monitoring.coreos.com cert-manager.io acme.cert-manager.io",
    "trust.cert-manager.io external-secrets.io bitnami.com autoscaling.k8s.io snapshot.storage.k8s.io",
    "networking.istio.io security.istio.io telemetry.istio.io traefik.io traefik.containo.us",
    "projectcalico.org crd.projectcalico.org cilium.io kyverno.io wgpolicyk8s.io metallb.io",
    "secrets-store.csi.x-k8s.io policy.linkerd.io linkerd.io karpenter.sh velero.io keda.sh route.openshift.io",
    "source.toolkit.fluxcd.io image.toolkit.fluxcd.io notification.toolkit.fluxcd.io elbv2.k8s.aws networking.gke.io",
  ].flatMap((line) => line.split(" ")),
);

/** The generators' names, as other files refer to them. */
function kustomize({ tree: object }: KubeObject): Children {
  const names = (list: string) => trees(object, list).map(([generator]) => text(generator, "name") ?? "");
  return { Secret: names("secretGenerator"), ConfigMap: names("configMapGenerator") };
}

function cnpgCluster({ name, tree: object }: KubeObject): Children {
  const spec = tree(object, "spec");
  const instances = number(spec, "instances") ?? 1;
  const services = tree(spec, "managed", "services");
  const disabled = list(services, "disabledDefaultServices");
  const additional = trees(services, "additional").map(([item]) => text(item, "serviceTemplate", "metadata", "name"));
  // Operators before 1.21 made it unless they were told not to.
  const superuser = spec.enableSuperuserAccess === false ? [] : [`${name}-superuser`];
  return {
    Secret: [...["app", "ca", "server", "replication"].map((part) => `${name}-${part}`), ...superuser],
    Service: [
      ...["rw", "ro", "r"].filter((part) => !disabled.includes(part)).map((part) => `${name}-${part}`),
      ...additional.filter((each) => each !== undefined),
    ],
    ServiceAccount: [name],
    PersistentVolumeClaim: Array.from({ length: instances }, (_, index) => `${name}-${index + 1}`),
    labels: [
      {
        "cnpg.io/cluster": name,
        postgresql: name,
        "cnpg.io/instanceName": numbered(`${name}-`, 1, instances),
        "app.kubernetes.io/managed-by": "cloudnative-pg",
        "app.kubernetes.io/name": "postgresql",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": "database",
        ...anyOf("app.kubernetes.io/version", "role", ...CNPG_LABELS.map((label) => `cnpg.io/${label}`)),
      },
    ],
  };
}

const CNPG_LABELS = ["instanceRole", "podRole", "jobRole", "pvcRole", "pgBasebackup", "isManaged", "reload"];
const anyOf = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, ANY]));

function cnpgPooler({ name, tree: object }: KubeObject): Children {
  const cluster = text(object, "spec", "cluster", "name") ?? "";
  const labels = {
    "cnpg.io/poolerName": name,
    "cnpg.io/cluster": cluster,
    "cnpg.io/podRole": "pooler",
    ...anyOf("app.kubernetes.io/managed-by", "app.kubernetes.io/name", "app.kubernetes.io/instance"),
    ...anyOf("app.kubernetes.io/component", "app.kubernetes.io/version", "pod-template-hash"),
  };
  return {
    Secret: [`${cluster}-pooler`],
    Service: [text(object, "spec", "serviceTemplate", "metadata", "name") ?? name],
    ServiceAccount: [text(object, "spec", "serviceAccountName") ?? name],
    Deployment: [name],
    labels: [labels],
  };
}

/** The Prometheus operator's StatefulSets, e.g. `prometheus-k8s`, and the Service that it makes for all of a kind. */
function monitoring(program: string) {
  return ({ name, tree: object }: KubeObject): Children => {
    const set = `${program}-${name}`;
    return {
      Secret: [set, `${set}-generated`, `${set}-tls-assets-0`, `${set}-web-config`],
      ConfigMap: [`${set}-rulefiles-0`],
      Service: [text(object, "spec", "serviceName") ?? `${program}-operated`],
      labels: [
        {
          [program]: name,
          "app.kubernetes.io/name": program,
          "app.kubernetes.io/instance": name,
          "app.kubernetes.io/managed-by": "prometheus-operator",
          "operator.prometheus.io/name": name,
          "statefulset.kubernetes.io/pod-name": numbered(`${set}-`, 0, number(object, "spec", "replicas") ?? 1),
          ...anyOf("app.kubernetes.io/version", "operator.prometheus.io/shard", "controller-revision-hash"),
        },
        { [`operated-${program}`]: "true", "managed-by": "prometheus-operator" },
      ],
    };
  };
}

/** The pods that answer an authority's question over HTTP. */
function certManager({ tree: object }: KubeObject): Children {
  const domain = "acme.cert-manager.io";
  const account = text(object, "spec", "acme", "privateKeySecretRef", "name");
  return {
    Secret: account === undefined ? [] : [account],
    labels: [{ [`${domain}/http01-solver`]: "true", ...anyOf(`${domain}/http-domain`, `${domain}/http-token`) }],
  };
}

/** Every mapping of labels in a resource, e.g. of a pod template. An operator may give it to what it makes. */
export function* labelsInside(value: unknown): Iterable<Readonly<Record<string, string>>> {
  if (Array.isArray(value)) for (const item of value) yield* labelsInside(item);
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Object.entries(value)) {
      // Its labels are a Secret's alone.
      if (key === "secretTemplate") continue;
      if (/labels$/i.test(key) && key !== "matchLabels") yield Object.fromEntries(texts(at(value, key)));
      yield* labelsInside(item);
    }
}
