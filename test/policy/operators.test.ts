import { exposedService, useFolder } from "./support/judged-folder";

const folder = useFolder();

const object = (apiVersion: string, kind: string, name: string, spec: string) =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: a}\nspec: ${spec}\n`;

const CUSTOM = {
  cnpg: object(
    "postgresql.cnpg.io/v1",
    "Cluster",
    "pg",
    "{instances: 3, storage: {size: 1Gi}, inheritedMetadata: {labels: {team: data}}, managed: {services: {disabledDefaultServices: [r], additional: [{selectorType: rw, serviceTemplate: {metadata: {name: pg-lb}}}]}}}",
  ),
  pooler: object(
    "postgresql.cnpg.io/v1",
    "Pooler",
    "pool",
    "{cluster: {name: pg}, instances: 2, type: rw, pgbouncer: {poolMode: session}}",
  ),
  certificate: object(
    "cert-manager.io/v1",
    "Certificate",
    "web",
    "{secretName: web-tls, dnsNames: [a.example], issuerRef: {name: ca}}",
  ),
  issuer: object(
    "cert-manager.io/v1",
    "Issuer",
    "acme",
    "{acme: {server: https://a.example, privateKeySecretRef: {name: acme-account}}}",
  ),
  external: object(
    "external-secrets.io/v1",
    "ExternalSecret",
    "own",
    "{secretStoreRef: {name: s}, dataFrom: [{extract: {key: x}}]}",
  ),
  externalTarget: object(
    "external-secrets.io/v1",
    "ExternalSecret",
    "other",
    "{secretStoreRef: {name: s}, target: {name: target}, dataFrom: [{extract: {key: x}}]}",
  ),
  clusterExternal: object(
    "external-secrets.io/v1",
    "ClusterExternalSecret",
    "all",
    "{externalSecretName: everywhere, externalSecretSpec: {}}",
  ),
  sealed: object("bitnami.com/v1alpha1", "SealedSecret", "sealed", "{encryptedData: {a: b}}"),
  csi: object(
    "secrets-store.csi.x-k8s.io/v1",
    "SecretProviderClass",
    "vault",
    "{provider: vault, secretObjects: [{secretName: synced, type: Opaque}]}",
  ),
  prometheus: object(
    "monitoring.coreos.com/v1",
    "Prometheus",
    "k8s",
    "{replicas: 2, podMetadata: {labels: {app.kubernetes.io/part-of: kube-prometheus}}}",
  ),
  alertmanager: object("monitoring.coreos.com/v1", "Alertmanager", "main", "{replicas: 3}"),
  monitor: object("monitoring.coreos.com/v1", "PrometheusRule", "rules", "{groups: []}"),
  zalando: object("acid.zalan.do/v1", "postgresql", "acid-main", "{teamId: acid, numberOfInstances: 2}"),
  strimzi: object("kafka.strimzi.io/v1beta2", "Kafka", "events", "{kafka: {replicas: 3}}"),
  rollout: object(
    "argoproj.io/v1alpha1",
    "Rollout",
    "shop",
    "{template: {metadata: {labels: {app: storefront}}, spec: {containers: [{name: c, image: x}]}}}",
  ),
  vault: object(
    "secrets.hashicorp.com/v1beta1",
    "VaultStaticSecret",
    "v",
    "{destination: {name: from-vault, create: true}}",
  ),
};

type Resource = keyof typeof CUSTOM;

const POD = 'containers: [{name: c, image: "example.com/c:1", ';
const usesSecret = (name: string) => object("v1", "Pod", "app", `{${POD}envFrom: [{secretRef: {name: ${name}}}]}]}`);
const service = (name: string) =>
  object("networking.k8s.io/v1", "Ingress", "web", `{defaultBackend: {service: {name: ${name}, port: {number: 80}}}}`);
const account = (name: string) => object("v1", "Pod", "app", `{serviceAccountName: ${name}, ${POD}}]}`);
const claim = (name: string) =>
  object("v1", "Pod", "app", `{volumes: [{name: v, persistentVolumeClaim: {claimName: ${name}}}], ${POD}}]}`);
const selectors = (labels: string) =>
  object("v1", "Service", "s", `{selector: ${labels}, ports: [{port: 80}]}`) +
  object("networking.k8s.io/v1", "NetworkPolicy", "p", `{podSelector: {matchLabels: ${labels}}}`) +
  object("policy/v1", "PodDisruptionBudget", "b", `{selector: {matchLabels: ${labels}}, maxUnavailable: 1}`) +
  object(
    "monitoring.coreos.com/v1",
    "PodMonitor",
    "m",
    `{selector: {matchLabels: ${labels}}, podMetricsEndpoints: [{port: x}]}`,
  );
const monitors = (labels: string) =>
  object(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    "m",
    `{selector: {matchLabels: ${labels}}, endpoints: [{port: x}]}`,
  );

const MADE: readonly (readonly [Resource, what: string, use: string])[] = [
  ...["pg-app", "pg-superuser", "pg-ca", "pg-server", "pg-replication"].map(
    (name) => ["cnpg", `Secret ${name}`, usesSecret(name)] as const,
  ),
  ...["pg-rw", "pg-ro", "pg-lb"].map((name) => ["cnpg", `Service ${name}`, service(name)] as const),
  ["cnpg", "its ServiceAccount", account("pg")],
  ["cnpg", "a claim", claim("pg-3")],
  ["cnpg", "its pods", selectors("{cnpg.io/cluster: pg}")],
  ["cnpg", "its primary", selectors("{cnpg.io/cluster: pg, cnpg.io/instanceRole: primary}")],
  ["cnpg", "one pod", selectors("{cnpg.io/instanceName: pg-2}")],
  ["cnpg", "its pods by an inherited label", selectors("{cnpg.io/cluster: pg, team: data}")],
  ["pooler", "its pods", selectors("{cnpg.io/poolerName: pool}")],
  ["pooler", "its Service", service("pool")],
  ["certificate", "its Secret", usesSecret("web-tls")],
  ["certificate", "the pods of a challenge", selectors('{acme.cert-manager.io/http01-solver: "true"}')],
  ["issuer", "its account's Secret", usesSecret("acme-account")],
  ["external", "a Secret of its own name", usesSecret("own")],
  ["externalTarget", "a Secret of its target's name", usesSecret("target")],
  ["clusterExternal", "a Secret in each namespace", usesSecret("everywhere")],
  ["sealed", "its Secret", usesSecret("sealed")],
  ["csi", "a synced Secret", usesSecret("synced")],
  ["prometheus", "its pods", selectors("{app.kubernetes.io/name: prometheus, prometheus: k8s}")],
  [
    "prometheus",
    "its pods by a label of its own",
    selectors("{app.kubernetes.io/name: prometheus, app.kubernetes.io/part-of: kube-prometheus}"),
  ],
  ["prometheus", "its Service", service("prometheus-operated")],
  ["prometheus", "the labels of its Service", monitors('{operated-prometheus: "true"}')],
  ["alertmanager", "its pods", selectors("{alertmanager: main}")],
  ["alertmanager", "its Service", service("alertmanager-operated")],
  ["zalando", "a Secret", usesSecret("postgres.acid-main.credentials.postgresql.acid.zalan.do")],
  ["zalando", "a Service", service("acid-main-repl")],
  ["zalando", "its pods", selectors("{application: spilo, cluster-name: acid-main, spilo-role: master}")],
  ["strimzi", "a Service", service("events-kafka-bootstrap")],
  ["strimzi", "a Secret", usesSecret("events-cluster-ca-cert")],
  ["strimzi", "its pods", selectors("{strimzi.io/kind: Kafka}")],
  ["rollout", "its pods", selectors("{app: storefront}")],
  ["vault", "a Secret that it names", usesSecret("from-vault")],
];

const NOT_MADE: readonly (readonly [Resource, what: string, use: string])[] = [
  ["cnpg", "another Secret", usesSecret("pg-admin")],
  ["cnpg", "a Service that is disabled", service("pg-r")],
  ["cnpg", "another cluster's Secret", usesSecret("pgg-app")],
  ["cnpg", "another cluster's pods", selectors("{cnpg.io/cluster: pgg}")],
  ["cnpg", "a pod that is one too many", selectors("{cnpg.io/instanceName: pg-4}")],
  ["certificate", "a Secret of its own name", usesSecret("web")],
  ["external", "a Secret named after it", usesSecret("own-more")],
  ["monitor", "pods named after it", selectors("{app: rules}")],
  ["prometheus", "another's pods", selectors("{prometheus: other}")],
  ["zalando", "another's pods", selectors("{cluster-name: acid-other}")],
  ["strimzi", "another's Service", service("event-kafka-bootstrap")],
];

const about = (use: string) => folder.relations(use).filter((each) => !each.includes("namespace-set"));

describe("an operator makes, of the custom resource in the folder,", () => {
  test.each(MADE)("%s: %s", (resource, _, use) => expect(about(CUSTOM[resource] + use)).toEqual([]));
});

describe("without the custom resource it is missing:", () => {
  test.each(MADE)("%s: %s", (_, __, use) => expect(about(use)).not.toEqual([]));
});

describe("an operator does not make", () => {
  test.each(NOT_MADE)("%s: %s", (resource, _, use) => expect(about(CUSTOM[resource] + use)).not.toEqual([]));
});

test("a custom resource in another namespace makes nothing here", () => {
  const elsewhere = CUSTOM.cnpg.replace("namespace: a", "namespace: b");
  expect(about(elsewhere + usesSecret("pg-app"))).toEqual([expect.stringContaining("names Secret pg-app")]);
});

test("kustomize makes the ConfigMaps and Secrets that its file names, and is judged by no rule itself", () => {
  const file = (generator: string) =>
    `---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${generator}: [{name: made, literals: [a=b]}]\n`;
  expect(about(file("secretGenerator") + usesSecret("made"))).toEqual([]);
  expect(about(file("configMapGenerator") + usesSecret("made"))).toHaveLength(1);
  folder.write("relations.yaml", `${file("secretGenerator")}---\n${exposedService("one")}`);
  expect(folder.judge().lines).toEqual([expect.stringContaining("service-exposure")]);
});

test("a program of the folder makes the Secret that an option of it names", () => {
  const job = (args: string) =>
    `---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j, namespace: a}\nspec: {template: {spec: {restartPolicy: Never, ${POD}args: ${args}}]}}}\n`;
  for (const args of ["[create, --secret-name=admission]", "[--ca-secret, admission]", "[--secret=a/admission]"])
    expect(about(job(args) + usesSecret("admission"))).toEqual([]);
  for (const args of ["[--name=admission]", "[--secret-name=other]"])
    expect(about(job(args) + usesSecret("admission"))).toHaveLength(1);
});

describe("every cluster has", () => {
  const binding = (role: string) =>
    `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r, namespace: kube-system}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role}}\n`;

  test("the Role of aggregated API servers", () => {
    expect(about(binding("extension-apiserver-authentication-reader"))).toEqual([]);
    expect(about(binding("extension-apiserver-authentication-readers"))).toHaveLength(1);
  });

  test("pods of its own, which a Service in kube-system may select", () => {
    const dns = object("v1", "Service", "dns", "{selector: {k8s-app: kube-dns}, ports: [{port: 53}]}");
    expect(about(dns.replace("namespace: a", "namespace: kube-system"))).toEqual([]);
    expect(about(dns)).toHaveLength(1);
  });
});
