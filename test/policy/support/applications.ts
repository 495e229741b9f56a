/**
 * The text of many applications in one namespace: of each a Deployment with its account and ConfigMap, a Service, a
 * NetworkPolicy, a budget, an autoscaler and a monitor.
 * @param appOf the label `app` of the application of that number
 */
export const applications = (count: number, appOf: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => application(`app-${n}`, appOf(n))).join("");

const application = (name: string, app: string) =>
  [
    object("apps/v1", "Deployment", name, `{replicas: 2, ${matching(app)}, template: ${template(name, app)}}`),
    object("v1", "ServiceAccount", name),
    object("v1", "ConfigMap", name),
    object("v1", "Service", name, `{selector: {app: ${app}}, ports: [{name: http, port: 80, targetPort: http}]}`, app),
    object("networking.k8s.io/v1", "NetworkPolicy", name, `{podSelector: {matchLabels: {app: ${app}}}}`),
    object("policy/v1", "PodDisruptionBudget", name, `{${matching(app)}, maxUnavailable: 1}`),
    object("autoscaling/v2", "HorizontalPodAutoscaler", name, `{maxReplicas: 3, ${TARGET} name: ${name}}}`),
    object("monitoring.coreos.com/v1", "ServiceMonitor", name, `{${matching(app)}, endpoints: [{port: http}]}`),
  ].join("");

const TARGET = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment,";
const matching = (app: string) => `selector: {matchLabels: {app: ${app}}}`;
const template = (name: string, app: string) =>
  `{metadata: {labels: {app: ${app}, part: all}}, spec: {serviceAccountName: ${name}, containers: [${container(name)}]}}`;
const container = (name: string) =>
  `{name: c, image: "example.com/c:1", ports: [{name: http, containerPort: 80}], envFrom: [{configMapRef: {name: ${name}}}]}`;

const object = (apiVersion: string, kind: string, name: string, spec?: string, app = name) =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: a, labels: {app: ${app}}}\n${spec ? `spec: ${spec}\n` : ""}`;
