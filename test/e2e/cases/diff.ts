import { strict as assert } from "node:assert";
import * as path from "node:path";
import { diff } from "../../../lib/deploy/diff/diff";
import type { Diff } from "../../../lib/deploy/diff/document";
import { effectOf } from "../../../lib/deploy/diff/text";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { reference } from "../../../lib/deploy/manifests";
import { CHANGES, type Expected, type StageChange } from "../../support/stage-changes";
import type { Case, E2e } from "../case";
import { type Base, changed, objectsOf } from "../changed-stage";
import { locksTaken } from "../locks";
import { deployedCredentials } from "../rotation";
import { untilReady, untilReplaced } from "../server";

export const foretold: Case = {
  name: "diff",
  long: true,
  title: "What `npm run diff` foretells of a hundred changes is what the cluster does: restarts, refusals, Jobs, locks",
  async run(e2e) {
    let base: Base = {
      stage: e2e.stage,
      credentials: await deployedCredentials(e2e),
      objects: (all) => all,
      migrations: path.join(e2e.root, "migrations"),
    };
    await assertUnchanged(base, e2e);
    await judgeAll(base, e2e);
    await assertRestart(base, e2e);
    for (const change of CHANGES.filter(({ applied }) => applied)) base = await applyOne(base, change, e2e);
    await untilReady(e2e);
    await assertUnchanged(base, e2e);
  },
};

/** A reference without the digest that ends the name of what is named by its content. */
const bare = (name: string) => name.replace(/-[0-9a-f]{10}$/, "");

async function foretell(objects: readonly KubeObject[], migrations: string, e2e: E2e): Promise<Diff> {
  return await diff({
    kubectl: e2e.kubectl.in(e2e.namespace),
    files: [{ path: "", objects }],
    migrations,
    stage: e2e.stage.name,
    context: "",
    namespace: e2e.namespace,
    checked: { problems: [], unchecked: [], remarks: [], unserved: [] },
  });
}

const outcomeOf = ({ restarts, objects, jobs }: Diff): Required<Omit<Expected, "locks">> => ({
  restarts: restarts.map(({ object }) => object),
  refused: objects.filter(({ state }) => state === "refused").map(({ object }) => bare(object)),
  job: jobs.some(({ state }) => state === "new"),
});

const expectedOf = ({ restarts = [], refused = [], job = false }: Expected) => ({ restarts, refused, job });

/** Requires that the deployed stage is told as unchanged, and records how long that takes. */
async function assertUnchanged(base: Base, e2e: E2e): Promise<void> {
  const began = performance.now();
  const objects = objectsOf(base, e2e);
  const found = await foretell(objects, base.migrations, e2e);
  const differing = found.objects.filter(({ state }) => state !== "unchanged");
  assert.deepEqual(differing, [], "what is deployed is told as changed");
  e2e.evidence(`${objects.length} objects are unchanged, told in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Has the API server judge each change that is not applied, three at a time. */
async function judgeAll(base: Base, e2e: E2e): Promise<void> {
  const left = CHANGES.filter(({ applied }) => !applied);
  const count = left.length;
  const wrong: string[] = [];
  const worker = async () => {
    for (let change = left.shift(); change; change = left.shift()) wrong.push(...(await judge(base, change, e2e)));
  };
  await Promise.all([worker(), worker(), worker()]);
  e2e.evidence(`${count} changes were judged by the API server's dry run, ${wrong.length} otherwise than expected`);
  assert.deepEqual(wrong, []);
}

async function judge(base: Base, change: StageChange, e2e: E2e): Promise<readonly string[]> {
  const next = await changed(base, change, e2e);
  const objects = differing(base, next, e2e);
  const found = await foretell(objects, next.migrations, e2e);
  const [said, wanted] = [outcomeOf(found), expectedOf(change.expected)].map((outcome) => JSON.stringify(outcome));
  const wrong = said === wanted ? [] : [`${change.name}: said ${said}, expected ${wanted}`];
  return [...wrong, ...(await judgeLocks(change, found, e2e))];
}

/** The objects that a change makes other than they were. All others are told as unchanged at the beginning and at the end. */
function differing(base: Base, next: Base, e2e: E2e): readonly KubeObject[] {
  const former = new Set(objectsOf(base, e2e).map((object) => JSON.stringify(object)));
  return objectsOf(next, e2e).filter((object) => !former.has(JSON.stringify(object)));
}

/** Compares the foretold locks with those that the server takes for the statements, which are rolled back. */
async function judgeLocks(
  { name, migration, expected }: StageChange,
  found: Diff,
  e2e: E2e,
): Promise<readonly string[]> {
  if (migration === undefined) return [];
  const [outlook] = found.jobs.flatMap((job) => job.outlook ?? []);
  if (outlook?.state !== "planned") return [`${name}: the plan is ${JSON.stringify(outlook)}`];
  const foretold = outlook.pending.flatMap(({ locks }) => locks.map((lock) => lock.replace(/, blocks .*/, ""))).sort();
  const taken = await locksTaken(migration, e2e);
  e2e.evidence(`${name}: foretold ${foretold.join(", ") || "no lock"}; taken ${taken.join(", ") || "none"}`);
  const wanted = Object.entries(expected.locks ?? {}).map(([table, lock]) => `${table}: ${lock}`);
  return [foretold, taken].every((locks) => locks.join() === wanted.join())
    ? []
    : [`${name}: expected ${wanted.join()}`];
}

/** Restarts the database once and compares how long it was away with what was foretold. */
async function assertRestart(base: Base, e2e: E2e): Promise<void> {
  const annotate = CHANGES.find(({ name }) => name === "an annotation of the pods");
  assert.ok(annotate);
  const next = await changed(base, annotate, e2e);
  const objects = differing(base, next, e2e);
  const [restart] = (await foretell(objects, base.migrations, e2e)).restarts;
  assert.ok(restart, "no restart is foretold");
  const before = await e2e.kubectl.get("pod/postgres-0");
  await applyAll(objects, e2e);
  const began = performance.now();
  await untilReplaced(e2e, before);
  await untilReady(e2e);
  const seconds = (performance.now() - began) / 1000;
  e2e.evidence(
    `foretold: ${effectOf(restart)} (${restart.basis})\nit took ${seconds.toFixed(1)} s until everything was ready`,
  );
  assert.ok(restart.downtimeSeconds > 0 && restart.downtimeSeconds < 60, "the figure is no figure");
  await applyAll(differing(next, base, e2e), e2e);
  await untilReady(e2e);
}

/** Applies a change upon those before, and compares what the controllers make of it with what was foretold. */
async function applyOne(base: Base, change: StageChange, e2e: E2e): Promise<Base> {
  const next = await changed(base, change, e2e);
  const objects = differing(base, next, e2e);
  const foretold = outcomeOf(await foretell(objects, next.migrations, e2e));
  const before = await stateOf(e2e);
  const refused = await applyAll(objects, e2e);
  const after = await stateOf(e2e);
  const happened = {
    restarts: Object.keys(after.revisions).filter((what) => before.revisions[what] !== after.revisions[what]),
    refused,
    job: after.jobs.some((job) => !before.jobs.includes(job)),
  };
  e2e.evidence(
    `${change.name}: ${[...happened.restarts.map((one) => `${one} is replaced`), ...refused.map((one) => `${one} is refused`), ...(happened.job ? ["a new Job"] : [])].join(", ") || "nothing restarts"}`,
  );
  assert.deepEqual(
    { foretold, happened },
    { foretold: expectedOf(change.expected), happened: expectedOf(change.expected) },
    change.name,
  );
  return refused.length > 0 ? base : next;
}

/** Applies everything and returns what was refused. */
async function applyAll(items: readonly KubeObject[], e2e: E2e): Promise<readonly string[]> {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const { code, stderr } = await e2e.kubectl.in(e2e.namespace).try(["apply", "--filename=-"], { input });
  const refused = items.filter(
    ({ kind, metadata }) =>
      stderr.includes(`${kind} "${metadata.name}" is invalid`) ||
      stderr.includes(`${kind}.apps "${metadata.name}" is invalid`),
  );
  assert.equal(code === 0, refused.length === 0, stderr);
  return refused.map((object) => bare(reference(object)));
}

interface State {
  /** The pod template of each workload, as its controller knows it. */
  readonly revisions: Readonly<Record<string, string>>;
  readonly jobs: readonly string[];
}

/** Reads the state once the controllers have seen what was applied. */
async function stateOf(e2e: E2e): Promise<State> {
  const names = ["statefulset/postgres", "deployment/data-svc"];
  const seen = await Promise.all(names.map((what) => seenByController(what, e2e)));
  const jobs = await e2e.kubectl.list("jobs");
  const revisions = seen.map((object, index) => [names[index], revisionOf(object)]);
  return { revisions: Object.fromEntries(revisions), jobs: jobs.map(({ metadata }) => metadata.name) };
}

const revisionOf = ({ kind, metadata, status }: KubeObject) =>
  String(kind === "StatefulSet" ? status?.updateRevision : metadata.annotations?.["deployment.kubernetes.io/revision"]);

async function seenByController(what: string, e2e: E2e): Promise<KubeObject> {
  let found: KubeObject | undefined;
  await e2e.wait(
    {
      what: `the controller of ${what}`,
      seconds: 60,
      async poll() {
        found = await e2e.kubectl.get(what);
        const seen = Number(found?.status?.observedGeneration ?? -1) >= (found?.metadata.generation ?? 0);
        return { state: seen ? "ready" : "waiting", detail: "has not seen it" };
      },
    },
    200,
  );
  assert.ok(found);
  return found;
}
