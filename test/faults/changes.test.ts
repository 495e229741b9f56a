import { Chart } from "cdk8s";
import { assemble } from "../../lib/app";
import { diff } from "../../lib/deploy/diff/diff";
import type { Diff } from "../../lib/deploy/diff/document";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { reference } from "../../lib/deploy/manifests";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";
import { ApiServer } from "../deploy/support/api-server";
import { refusalOf } from "../deploy/support/rules";
import { FAKE_CREDENTIALS, releaseOf } from "../support/manifests";
import { CHANGES, type StageChange } from "../support/stage-changes";

const BASE: Stage = dev;
const objectsOf = (change: Partial<StageChange> = {}): readonly KubeObject[] => {
  const { stage = (one) => one, credentials = (one) => one, objects = (all) => all, migration } = change;
  const release = releaseOf(stage(BASE), {
    credentials: credentials(FAKE_CREDENTIALS),
    migrations: {
      version: 7,
      required: 7,
      contracts: [],
      digest: migration === undefined ? "0123456789abcdef" : "ffffffffffffffff",
    },
  });
  const charts = assemble(release).node.children.filter((child) => Chart.isChart(child));
  return objects(charts.flatMap((chart) => chart.toJson()));
};

const DEPLOYED = objectsOf();
const complete = { conditions: [{ type: "Complete", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] };
const claim = {
  kind: "PersistentVolumeClaim",
  metadata: { name: "data-postgres-0" },
  spec: { resources: { requests: { storage: "10Gi" } } },
  status: { capacity: { storage: "10Gi" } },
};
const cluster = () => {
  const present = DEPLOYED.map((one) => (one.kind === "Job" ? { ...one, status: complete } : one));
  const server = new ApiServer([...present, claim]);
  server.refuse = (object) =>
    refusalOf(
      object,
      DEPLOYED.find((one) => reference(one) === reference(object)),
    );
  return server;
};

async function diffOf(objects: readonly KubeObject[], kubectl = cluster()): Promise<Diff> {
  return await diff({
    kubectl,
    files: [{ path: "all.yaml", objects }],
    migrations: "migrations",
    stage: "dev",
    context: "here",
    namespace: "diabrisk",
    checked: { problems: [], unchecked: [], remarks: [], unserved: [] },
  });
}

/** A reference without the digest that ends the name of what is named by its content. */
const bare = (name: string) => name.replace(/-[0-9a-f]{10}$/, "");

test("there are a hundred changes, each of another name", () => {
  expect(CHANGES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(CHANGES.map(({ name }) => name)).size).toBe(CHANGES.length);
});

test("the release that is deployed would change nothing", async () => {
  const found = await diffOf(DEPLOYED);
  expect(found.objects.filter(({ state }) => state !== "unchanged")).toEqual([]);
  expect(found).toMatchObject({ result: "unchanged", restarts: [], leftovers: [] });
});

test.each(CHANGES)("$name", async (change) => {
  const { restarts = [], refused = [], job = false } = change.expected;
  const found = await diffOf(objectsOf(change));
  expect({
    restarts: found.restarts.map(({ object }) => object),
    refused: found.objects.filter(({ state }) => state === "refused").map(({ object }) => bare(object)),
    job: found.jobs.some(({ state }) => state === "new"),
    result: found.result,
  }).toEqual({ restarts, refused, job, result: refused.length > 0 ? "refused" : "changes" });
});

test("a volume that its class lets grow is told as growing, and the server, whose settings follow its size, as restarting", async () => {
  const server = cluster();
  server.enlarging = { code: 0, stdout: "", stderr: "" };
  const larger = CHANGES.find(({ name }) => name === 'database/storage "20Gi"');
  const found = await diffOf(objectsOf(larger), server);
  expect(found).toMatchObject({ result: "changes", restarts: [{ object: "statefulset/postgres" }], problems: [] });
  expect(found.objects.find(({ object }) => object === "statefulset/postgres")).toMatchObject({
    state: "changed",
    note: "persistentvolumeclaim/data-postgres-0 grows from 10Gi to 20Gi.",
  });
});
