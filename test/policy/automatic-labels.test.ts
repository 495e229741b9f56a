import { useFolder } from "./support/judged-folder";

const folder = useFolder();

const pod = (labels: string, rest = "") =>
  `template: {metadata: {labels: ${labels}}, spec: {${rest}containers: [{name: c, image: "example.com/c:1"}]}}`;
const object = (apiVersion: string, kind: string, name: string, spec: string) =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: a}\nspec: {${spec}}\n`;
const OWN = "selector: {matchLabels: {app: x}}, ";

const WORKLOADS =
  object("apps/v1", "StatefulSet", "db", `serviceName: db, replicas: 3, ${OWN}${pod("{app: x}")}`) +
  object("v1", "Service", "db", "clusterIP: None, selector: {app: x}") +
  object("policy/v1", "PodDisruptionBudget", "db", `${OWN}maxUnavailable: 1`) +
  object(
    "apps/v1",
    "StatefulSet",
    "later",
    `replicas: 1, ordinals: {start: 5}, selector: {matchLabels: {app: l}}, ${pod("{app: l}")}`,
  ) +
  object("apps/v1", "Deployment", "web", `selector: {matchLabels: {app: w}}, ${pod("{app: w}")}`) +
  object("apps/v1", "DaemonSet", "agent", `selector: {matchLabels: {app: d}}, ${pod("{app: d}")}`) +
  object("batch/v1", "Job", "migrate", pod("{app: m}", "restartPolicy: Never, ")) +
  object(
    "batch/v1",
    "Job",
    "shards",
    `completionMode: Indexed, completions: 4, ${pod("{app: s}", "restartPolicy: Never, ")}`,
  ) +
  object(
    "batch/v1",
    "CronJob",
    "nightly",
    `schedule: "0 3 * * *", jobTemplate: {spec: {${pod("{app: n}", "restartPolicy: Never, ")}}}`,
  );

const select = (selector: string) => object("networking.k8s.io/v1", "NetworkPolicy", "p", `podSelector: ${selector}`);
const labels = (text: string) => select(`{matchLabels: {${text}}}`);
const found = (policy: string) =>
  folder.relations(WORKLOADS + policy).filter((each) => each.startsWith("network-policy-selects")).length === 0;

describe("labels that Kubernetes adds match:", () => {
  test.each([
    "statefulset.kubernetes.io/pod-name: db-0",
    "statefulset.kubernetes.io/pod-name: db-2, app: x",
    "statefulset.kubernetes.io/pod-name: later-5",
    'apps.kubernetes.io/pod-index: "2"',
    "controller-revision-hash: db-5d8f9c7b6, app: x",
    "controller-revision-hash: 5d8f9c7b6, app: d",
    "pod-template-hash: 5d8f9c7b6, app: w",
    "job-name: migrate",
    "batch.kubernetes.io/job-name: migrate, app: m",
    "batch.kubernetes.io/job-name: nightly-29012345",
    "batch.kubernetes.io/controller-uid: 0e2b6c5e-0000-4000-8000-000000000000, app: m",
    "controller-uid: 0e2b6c5e-0000-4000-8000-000000000000",
    'batch.kubernetes.io/job-completion-index: "3"',
  ])("%s", (text) => expect(found(labels(text))).toBe(true));

  test.each([
    "{matchExpressions: [{key: job-name, operator: In, values: [migrate, other]}]}",
    "{matchExpressions: [{key: statefulset.kubernetes.io/pod-name, operator: NotIn, values: [db-0]}, {key: app, operator: In, values: [x]}]}",
    "{matchExpressions: [{key: batch.kubernetes.io/job-name, operator: Exists}]}",
  ])("%s", (text) => expect(found(select(text))).toBe(true));
});

describe("no pod gets:", () => {
  test.each([
    "statefulset.kubernetes.io/pod-name: db-3",
    "statefulset.kubernetes.io/pod-name: db-00",
    "statefulset.kubernetes.io/pod-name: later-0",
    "statefulset.kubernetes.io/pod-name: web-0",
    "pod-template-hash: 5d8f9c7b6, app: x",
    "job-name: migrates",
    "job-name: nightly",
    'batch.kubernetes.io/job-completion-index: "4"',
    'batch.kubernetes.io/job-completion-index: "0", app: m',
  ])("%s", (text) => expect(found(labels(text))).toBe(false));

  test.each([
    "{matchExpressions: [{key: statefulset.kubernetes.io/pod-name, operator: DoesNotExist}, {key: app, operator: In, values: [x]}]}",
    "{matchExpressions: [{key: statefulset.kubernetes.io/pod-name, operator: NotIn, values: [later-5]}, {key: app, operator: In, values: [l]}]}",
  ])("%s", (text) => expect(found(select(text))).toBe(false));
});

test("an autoscaler's most pods count", () => {
  const target = "scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}";
  const scaler = object("autoscaling/v2", "HorizontalPodAutoscaler", "db", `maxReplicas: 9, ${target}`);
  expect(found(scaler + labels("statefulset.kubernetes.io/pod-name: db-8"))).toBe(true);
  expect(found(scaler + labels("statefulset.kubernetes.io/pod-name: db-9"))).toBe(false);
});

test("a workload's own selector needs labels of the template, which alone the API server looks at", () =>
  expect(
    folder.relations(
      object("apps/v1", "Deployment", "web", `selector: {matchLabels: {pod-template-hash: a}}, ${pod("{app: w}")}`),
    ),
  ).toEqual(["selector-matches: Deployment a/web: spec.selector does not match the pod template"]));

test("a Service for each pod leads to it, and a claim of each is there", () => {
  const service = (n: number) =>
    object("v1", "Service", `db-${n}`, `selector: {statefulset.kubernetes.io/pod-name: db-${n}}, ports: [{port: 80}]`);
  const claims = "volumeClaimTemplates: [{metadata: {name: data}}]";
  const set = object(
    "apps/v1",
    "StatefulSet",
    "own",
    `replicas: 1, ${claims}, selector: {matchLabels: {app: o}}, ${pod("{app: o}")}`,
  );
  const volumes = (name: string) => `volumes: [{name: v, persistentVolumeClaim: {claimName: ${name}}}], `;
  const user = (claim: string) => object("batch/v1", "Job", `of-${claim}`, pod("{app: u}", volumes(claim)));
  expect(
    folder.relations(WORKLOADS + service(0) + service(1) + service(4) + set + user("data-own-0") + user("data-own")),
  ).toEqual([
    expect.stringContaining("claim-reference: Job a/of-data-own: "),
    ...["later", "own"].map((name) => expect.stringContaining(`stateful-service: StatefulSet a/${name}: `)),
    "service-selects: Service a/db-4: spec.selector matches no pod",
  ]);
});
