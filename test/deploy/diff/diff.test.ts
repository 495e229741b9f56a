import * as path from "node:path";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { diff } from "../../../lib/deploy/diff/diff";
import type { Diff } from "../../../lib/deploy/diff/document";
import { DOCUMENT } from "../../../lib/deploy/diff/json-schema";
import { obstaclesOf, requireDeployable } from "../../../lib/deploy/diff/obstacles";
import { renderDiff } from "../../../lib/deploy/diff/text";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { reference } from "../../../lib/deploy/manifests";
import { ApiServer } from "../support/api-server";
import { refusalOf } from "../support/rules";

const labels = { "diabrisk.io/installation": "diabrisk", "diabrisk.io/stage": "dev" };
const object = (apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  ...rest,
  metadata: { name, labels, ...(rest as Partial<KubeObject>).metadata },
});
const namespace = object("v1", "Namespace", "diabrisk");
const template = (memory: string, app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: app, resources: { limits: { memory } } }], terminationGracePeriodSeconds: 120 },
});
const database = (memory = "256Mi") =>
  object("apps/v1", "StatefulSet", "postgres", {
    spec: { replicas: 1, selector: { matchLabels: { app: "postgres" } }, template: template(memory, "postgres") },
  });
const service = (memory = "64Mi", more: object = {}) =>
  object("apps/v1", "Deployment", "data-svc", {
    spec: {
      replicas: 2,
      minReadySeconds: 5,
      selector: { matchLabels: { app: "data-svc" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: template(memory, "data-svc"),
      ...more,
    },
  });
const secret = (password: string) =>
  object("v1", "Secret", "postgres-secret", { data: { password: Buffer.from(password).toString("base64") } });
const config = (digest: string, text: string) =>
  object("v1", "ConfigMap", `postgres-config-${digest}`, { data: { "postgresql.conf": text }, immutable: true });
const job = (digest: string, status: object) =>
  object("batch/v1", "Job", `migrate-${digest}`, {
    spec: { ttlSecondsAfterFinished: 604_800, template: template("1Mi", "migrate") },
    status,
  });
const ended = (type: string) => ({
  conditions: [{ type, status: "True", lastTransitionTime: "2026-03-01T12:00:00Z" }],
});
const pod = (name: string, app: string, seconds: number, restartCount = 0): KubeObject => ({
  kind: "Pod",
  metadata: { name, labels: { app } },
  status: {
    startTime: "2026-03-01T12:00:00Z",
    conditions: [
      {
        type: "Ready",
        status: "True",
        lastTransitionTime: new Date(Date.UTC(2026, 2, 1, 12, 0, seconds)).toISOString(),
      },
    ],
    containerStatuses: [{ name: app, restartCount }],
  },
});

async function ask(present: readonly KubeObject[], release: readonly KubeObject[], checked: Partial<Diff> = {}) {
  const kubectl = new ApiServer(present);
  kubectl.refuse = (one) =>
    refusalOf(
      one,
      present.find((other) => reference(other) === reference(one)),
    );
  const found = await diff({
    kubectl,
    files: [{ path: "x", objects: release }],
    migrations: "migrations",
    stage: "dev",
    context: "k3d-dev",
    namespace: "diabrisk",
    checked: { problems: [], unchecked: [], remarks: [], unserved: [], ...checked },
  });
  return { found, text: renderDiff(found).join("\n"), kubectl };
}

const schema = TypeCompiler.Compile(DOCUMENT);
const expectSchema = (found: Diff) =>
  expect(
    [...schema.Errors(JSON.parse(JSON.stringify(found)))].map(({ path: at, message }) => `${at} ${message}`),
  ).toEqual([]);

test("docs/diff.schema.json is what this release prints", () => {
  expect(`${JSON.stringify(DOCUMENT, null, 2)}\n`).toMatchFile(
    path.resolve(__dirname, "../../../docs/diff.schema.json"),
  );
});

test("the schema refuses what nothing prints", () => {
  for (const wrong of [{}, { result: "changes" }, { result: "error" }, { result: "error", message: "", more: 1 }])
    expect(schema.Check(wrong)).toBe(false);
  expect(schema.Check({ result: "error", message: "no" })).toBe(true);
});

test("a new namespace has everything created, and says that nothing is checked", async () => {
  const { found, text, kubectl } = await ask([], [namespace, database(), job("0123456789", {})]);
  expect(found).toMatchObject({ newNamespace: true, result: "changes", restarts: [] });
  expect(found.objects.map(({ state }) => state)).toEqual(["created", "created", "created"]);
  expect(text).toContain(
    "The namespace is not there yet, so everything would be created. Without it the API server checks nothing",
  );
  expect(text).toContain("There is no database yet: every migration runs on empty tables.");
  expect(kubectl.commands).toEqual(["get namespace/diabrisk --output=json --ignore-not-found"]);
  expectSchema(found);
});

test("says what changes, what restarts for how long, and on what the figure rests", async () => {
  const present = [
    namespace,
    database(),
    service(),
    pod("postgres-0", "postgres", 7),
    pod("data-svc-a", "data-svc", 4),
  ];
  const { found, text } = await ask(present, [namespace, database("512Mi"), service("96Mi")]);
  expect(text.split("\n")).toEqual([
    "changed    statefulset/postgres",
    "             memory limit of container postgres: 256Mi → 512Mi",
    "changed    deployment/data-svc",
    "             memory limit of container data-svc: 64Mi → 96Mi",
    "",
    "1 object is unchanged.",
    "",
    "Pods that are replaced:",
    "  statefulset/postgres: the database restarts, about 9 s without it",
    "    because of: memory limit of container postgres",
    "    the figure: the last start took 7 s (postgres-0), and an idle server stops in about 2 s; after many writes its last checkpoint may take up to 120 s, and an image that no node has is pulled first",
    "  deployment/data-svc: its 2 pods are replaced one after another within about 18 s, without downtime",
    "    because of: memory limit of container data-svc",
    "    the figure: the last start took 4 s (data-svc-a), and each new pod is watched for 5 s",
    "",
    "Deploying would make these changes.",
  ]);
  expectSchema(found);
});

test.each([
  ["restarted since", [pod("postgres-0", "postgres", 7, 1)], 12],
  ["became unready since", [pod("postgres-0", "postgres", 4000)], 12],
  ["is not ready", [{ ...pod("postgres-0", "postgres", 7), status: {} }], 0],
])("where the database's pod %s, the figure does not rest on it", async (_, pods, seconds) => {
  const { found } = await ask([namespace, database(), ...pods], [namespace, database("512Mi")]);
  expect(found.restarts).toMatchObject([{ kind: "restart", downtimeSeconds: seconds }]);
});

test("more pods replace none, and a Deployment that stops all of them first is down", async () => {
  const scaled = await ask([namespace, service()], [namespace, service("64Mi", { replicas: 3 })]);
  expect(scaled.found.restarts).toEqual([]);
  const recreate = { strategy: { type: "Recreate" } };
  const down = await ask(
    [namespace, service("64Mi", recreate), pod("data-svc-a", "data-svc", 4)],
    [namespace, service("96Mi", recreate)],
  );
  expect(down.found.restarts).toMatchObject([{ kind: "restart", downtimeSeconds: 4 }]);
});

test("a Secret only says which keys changed", async () => {
  const { found, text } = await ask([namespace, secret("correct horse")], [namespace, secret("battery staple")]);
  expect(text).toContain("changed    secret/postgres-secret\n             key password\n");
  expect(text).toContain("Nothing restarts for it");
  expect(found.restarts).toEqual([]);
  for (const password of ["correct horse", "battery staple"])
    for (const form of [password, Buffer.from(password).toString("base64")])
      expect(JSON.stringify(found) + text).not.toContain(form);
});

test("a Secret that is refused is explained without the values that kubectl repeats", async () => {
  const present = [namespace, secret("correct horse")];
  const kubectl = new ApiServer(present);
  const [before, after] = ["correct horse", "battery staple"].map((text) => Buffer.from(text).toString("base64"));
  kubectl.refuse = ({ kind }) =>
    kind === "Secret"
      ? `Error from server (Invalid): error when applying patch:\n{"data":{"password":"${after}"}}\nto:\nResource: "/v1, Resource=secrets"\n` +
        `Name: "postgres-secret", Namespace: "diabrisk"\nfor: "STDIN": error when patching "STDIN": Secret "postgres-secret" is invalid: ` +
        `data[password]: Invalid value: "${after}" or "battery staple", was "${before}": field is immutable when \`immutable\` is set`
      : undefined;
  const files = [{ path: "x", objects: [namespace, secret("battery staple")] }];
  const place = { stage: "dev", context: "c", namespace: "diabrisk", migrations: "migrations" };
  const found = await diff({
    kubectl,
    files,
    ...place,
    checked: { problems: [], unchecked: [], remarks: [], unserved: [] },
  });
  const said = found.objects.find(({ state }) => state === "refused")?.refusal;
  expect(said?.message).toMatch(
    /^Error from server \(Invalid\): Secret "postgres-secret" is invalid: data\[password\]: Invalid value: "…" or "…"/,
  );
  for (const value of [after, "battery staple"]) expect(JSON.stringify(found)).not.toContain(value);
});

test("one refusal hides no other, and each names its runbook", async () => {
  const present = [namespace, database(), service(), job("0123456789", ended("Complete"))];
  const other = { ...database(), spec: { ...database().spec, serviceName: "x" } };
  const release = [namespace, other, service("64Mi", { selector: { matchLabels: { app: "x" } } }), secret("x")];
  const { found, text } = await ask(present, release);
  expect(found.result).toBe("refused");
  expect(found.objects.map(({ object: name, state }) => `${state} ${name}`)).toEqual([
    "unchanged namespace/diabrisk",
    "refused statefulset/postgres",
    "refused deployment/data-svc",
    "created secret/postgres-secret",
  ]);
  expect(text.match(/See "Changing what cannot be changed in place" in docs\/operations\.md\./g)).toHaveLength(2);
  expect(() => requireDeployable(found)).toThrow(
    /^Stage dev cannot be deployed to k3d-dev: 2 problems\. Nothing was applied\.\n {2}- statefulset\/postgres is refused: .*\n {2}- deployment\/data-svc is refused: /,
  );
  expectSchema(found);
});

test("what the checks before it found stops the deployment, and a kind that is not served hides nothing", async () => {
  const external = object("external-secrets.io/v1", "ExternalSecret", "x");
  const checked = {
    problems: ["The cluster does not serve it."],
    unchecked: ["Quota: you may not"],
    unserved: [external],
  };
  const { found, text } = await ask([namespace], [namespace, service(), external], checked as Partial<Diff>);
  expect(found.objects.map(({ state }) => state)).toEqual(["unchanged", "created", "unserved"]);
  expect(obstaclesOf(found)).toEqual(["The cluster does not serve it."]);
  expect(text).toContain(
    "Would stop the deployment:\n  The cluster does not serve it.\n\nCould not be checked:\n  Quota: you may not\n",
  );
  expectSchema(found);
});

test("a file of settings is compared with the one whose place it takes", async () => {
  const present = [namespace, config("aaaaaaaaaa", "port = 1\nwork_mem = '2MB'\njit = off\n")];
  const { found, text } = await ask(present, [
    namespace,
    config("bbbbbbbbbb", "port = 1\nwork_mem = '4MB'\njit = off\n"),
  ]);
  expect(text).toContain(
    "created    configmap/postgres-config-bbbbbbbbbb, in place of configmap/postgres-config-aaaaaaaaaa\n" +
      "             postgresql.conf: work_mem = '2MB' → work_mem = '4MB'\n",
  );
  expect(found.leftovers).toEqual([
    { object: "configmap/postgres-config-aaaaaaaaaa", expected: true, note: "of an earlier release; it may go" },
  ]);
});

describe("a migration Job", () => {
  const outcome = async (present: readonly KubeObject[]) =>
    (await ask([namespace, ...present], [namespace, job("0123456789", {})])).found;

  test.each([
    ["Complete", "done", "unchanged"],
    ["Failed", "again", "changes"],
  ])("that is %s is %s", async (type, state, result) => {
    expect(await outcome([job("0123456789", ended(type))])).toMatchObject({ result, jobs: [{ state }] });
  });

  test("that runs is left alone", async () =>
    expect(await outcome([job("0123456789", { active: 1 })])).toMatchObject({ jobs: [{ state: "running" }] }));

  test("of another name is made, and the former one says when it goes", async () => {
    const found = await outcome([job("aaaaaaaaaa", ended("Complete"))]);
    expect(found.jobs).toMatchObject([{ object: "job/migrate-0123456789", state: "new", outlook: { state: "empty" } }]);
    expect(found.leftovers).toEqual([
      {
        object: "job/migrate-aaaaaaaaaa",
        expected: true,
        note: "of an earlier release; Kubernetes removes it on 2026-03-08 12:00 UTC",
      },
    ]);
  });

  test("is not foretold while the database does not answer", async () =>
    expect(await outcome([database()])).toMatchObject({
      jobs: [{ outlook: { state: "unknown", reason: "postgres-0 is not ready, so nobody can ask it." } }],
    }));
});

test("what this release does not have is left over, except what a controller made", async () => {
  const made = { metadata: { ownerReferences: [{ kind: "ExternalSecret" }] } };
  const foreign = { ...service(), metadata: { name: "foreign", labels: { "diabrisk.io/installation": "other" } } };
  const present = [namespace, service(), { ...database(), metadata: { ...database().metadata, name: "pg" } }, foreign];
  const owned = object("v1", "Secret", "owned", made);
  const { found, text } = await ask(
    [...present, { ...owned, metadata: { ...owned.metadata, labels } }],
    [namespace, service()],
  );
  expect(found.leftovers).toMatchObject([{ object: "statefulset/pg", expected: false }]);
  expect(text).toContain("Its pods run on, and its volumes hold data.");
});

test("a cluster that ends answering is no refusal", async () => {
  const kubectl = new ApiServer([namespace]);
  kubectl.refuse = () =>
    "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?";
  const place = { stage: "dev", context: "c", namespace: "diabrisk", migrations: "migrations" };
  const files = [{ path: "x", objects: [namespace] }];
  await expect(
    diff({ kubectl, files, ...place, checked: { problems: [], unchecked: [], remarks: [], unserved: [] } }),
  ).rejects.toMatchObject({
    reason: "unreachable",
  });
});
