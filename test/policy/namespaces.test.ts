import { useFolder } from "./support/judged-folder";

const folder = useFolder();
const withoutSet = (text: string, ...options: string[]) => folder.relations(text, "--skip=namespace-set", ...options);

const account = (namespace?: string) => object("v1", "ServiceAccount", "op", namespace, "");
const deployment = (namespace?: string) =>
  object(
    "apps/v1",
    "Deployment",
    "op",
    namespace,
    `spec:
  selector: {matchLabels: {app: op}}
  template:
    metadata: {labels: {app: op}}
    spec:
      serviceAccountName: op
      containers: [{name: c, image: "example.com/c:1", ports: [{name: http, containerPort: 80}], envFrom: [{configMapRef: {name: op}}]}]
`,
  );
const configMap = (namespace?: string) => object("v1", "ConfigMap", "op", namespace, "data: {a: b}\n");
const service = (namespace?: string) =>
  object("v1", "Service", "op", namespace, "spec: {selector: {app: op}, ports: [{port: 80, targetPort: http}]}\n");
const policy = (namespace?: string) =>
  object("networking.k8s.io/v1", "NetworkPolicy", "op", namespace, "spec: {podSelector: {matchLabels: {app: op}}}\n");
const budget = (namespace?: string) =>
  object(
    "policy/v1",
    "PodDisruptionBudget",
    "op",
    namespace,
    "spec: {selector: {matchLabels: {app: op}}, maxUnavailable: 1}\n",
  );
const scaler = (namespace?: string) =>
  object(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    "op",
    namespace,
    "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: op}}\n",
  );
const binding = (kind: string, namespace: string | undefined, subject: string) =>
  object(
    "rbac.authorization.k8s.io/v1",
    kind,
    "op",
    namespace,
    `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: op${subject}}]\n`,
  );

function object(apiVersion: string, kind: string, name: string, namespace: string | undefined, rest: string): string {
  const place = namespace === undefined ? "" : `, namespace: ${namespace}`;
  return `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${place}}\n${rest}`;
}

/** An application, with a namespace for each of its objects or none. */
const application = (all?: string, most?: string) =>
  [account(all), deployment(most), configMap(all), service(all), policy(all), budget(all), scaler(all)].join("");

describe("an unwritten namespace", () => {
  test.each([
    ["is one for all objects without one", application()],
    ["may be one that is written: the pods' is not", application("default")],
    ["may be one that is written: the pods' alone is", application(undefined, "a")],
    ["of an account may be a subject's", account() + binding("ClusterRoleBinding", undefined, ", namespace: x")],
    ["of a subject is its RoleBinding's", account("a") + binding("RoleBinding", "a", "")],
    ["of a subject and its RoleBinding is the account's", account() + binding("RoleBinding", undefined, "")],
  ])("%s", (_, text) => expect(withoutSet(text)).toEqual([]));

  test.each<[string, string, string[]]>([
    ["holds no account that nobody writes", deployment() + configMap(), ["service-account-reference: Deployment op"]],
    [
      "is not for a subject of the whole cluster",
      account() + binding("ClusterRoleBinding", undefined, ""),
      ["role-reference"],
    ],
    ["is a RoleBinding's, not any other", account("b") + binding("RoleBinding", "a", ""), ["role-reference"]],
  ])("%s", (_, text, rules) => expect(withoutSet(text)).toEqual(rules.map((rule) => expect.stringContaining(rule))));

  test("is told, since nobody knows it", () =>
    expect(folder.relations(configMap())).toEqual(["namespace-set: ConfigMap op: metadata.namespace is not set"]));

  test("lets two workloads have one name, which may be in two places", () =>
    expect(withoutSet(application() + application("a", "a"))).toEqual([]));
});

describe("--namespace", () => {
  test("is where objects without one are", () => {
    expect(folder.relations(application(), "--namespace=a")).toEqual([]);
    expect(folder.relations(application("a"), "--namespace=a")).toEqual([]);
    expect(folder.relations(application("a"), "-n", "b")).toContain(
      "service-account-reference: Deployment b/op: spec.template.spec.serviceAccountName names op, which is not there",
    );
  });

  test("finds two objects of one name", () =>
    expect(folder.relations(configMap() + configMap("a"), "--namespace=a")).toEqual([
      "object-unique: ConfigMap a/op: metadata.name is another object's",
    ]));

  test("is no namespace of what has none", () =>
    expect(
      folder.relations(account() + binding("ClusterRoleBinding", undefined, ", namespace: a"), "--namespace=a"),
    ).toEqual([]));
});
