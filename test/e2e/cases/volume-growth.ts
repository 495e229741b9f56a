import { strict as assert } from "node:assert";
import { deploy } from "../../../lib/deploy/deploy";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { ManifestError } from "../../../lib/deploy/manifests";
import type { Say } from "../../../lib/deploy/say";
import { type Case, type E2e, Skip } from "../case";
import { query } from "../database";
import { alone, deployStage, stageFiles } from "../light-stage";

const CLAIM = "persistentvolumeclaim/data-postgres-0";

/**
 * The API server's rules are real. The resizer is not: no class here has one, so the case itself sets the claim's status
 * as a resizer and the kubelet do.
 */
export const volumeGrowth: Case = {
  name: "volume-growth",
  title: "A larger volume is refused by a class that cannot, and grows under the running pod in one that can",
  async run(e2e) {
    const storageClass = await makeClass(e2e);
    const sized = (storage: string) => alone({ storage, storageClass });
    await deployStage(e2e, sized("1Gi"));
    await query(e2e, "create schema e2e; create table e2e.kept as select 42 as answer");
    const larger = await stageFiles(e2e, sized("2Gi"));
    const before = await state(e2e);

    await assert.rejects(run(e2e, larger), (error: Error) => {
      e2e.evidence(error.message);
      return (
        error instanceof ManifestError &&
        /must support resize[\s\S]*Changing what cannot be changed/.test(error.message)
      );
    });
    assert.deepEqual(await state(e2e), before, "a refused growth changed something");

    await e2e.kubectl.run(["patch", "storageclass", storageClass, "--patch", '{"allowVolumeExpansion":true}']);
    const grown = await growing(e2e, larger);
    e2e.evidence(
      `before: ${before}\nas soon as the StatefulSet was replaced: ${grown}\nat the end: ${await state(e2e)}`,
    );
    assert.deepEqual(podOf(grown), podOf(before), "growing restarted the pod");
    assert.match(await state(e2e), /claim 2Gi, template 2Gi/);
    assert.deepEqual(await query(e2e, "select answer from e2e.kept"), [["42"]]);

    await assert.rejects(run(e2e, e2e.files), /never shrinks/);
  },
};

/** Makes a class like the default one, which does not let claims grow yet. */
async function makeClass(e2e: E2e): Promise<string> {
  const classes = (await e2e.kubectl.list("storageclasses")) as readonly (KubeObject & { provisioner: string })[];
  const common = classes.find(({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"]);
  if (!common) throw new Skip("there is no default storage class to make another one of");
  const { apiVersion, kind, provisioner } = common;
  const name = `${e2e.namespace}-growing`;
  const removal = () => e2e.kubectl.run(["delete", "storageclass", name, "--ignore-not-found"]);
  e2e.cleanUp(`storage class ${name}`, removal);
  await e2e.apply({ apiVersion, kind, metadata: { name }, provisioner, volumeBindingMode: "WaitForFirstConsumer" });
  return name;
}

const run = (e2e: E2e, files: E2e["files"], say: Say = (line) => e2e.say(line)) =>
  deploy({ kubectl: e2e.kubectl.in(e2e.namespace), files, say, signal: e2e.signal });

/** Deploys, plays the resizer, and returns how things stood when the StatefulSet had been replaced. */
async function growing(e2e: E2e, files: E2e["files"]): Promise<string> {
  const lines: string[] = [];
  let replaced: Promise<string> | undefined;
  let resizing: Promise<void> | undefined;
  await run(e2e, files, (line, facts) => {
    e2e.say(line);
    lines.push(line);
    if (facts?.type === "growing" && facts.object === CLAIM) resizing = resize(e2e, lines);
    if (facts?.type === "replaced") replaced = state(e2e);
  });
  await resizing;
  assert.ok(replaced, "the StatefulSet was not replaced");
  return await replaced;
}

/** Sets the claim's status as the external resizer and the kubelet do, each step once the deployment has told the last. */
async function resize(e2e: E2e, lines: readonly string[]): Promise<void> {
  for (const type of ["Resizing", "FileSystemResizePending"]) {
    await setStatus(e2e, { conditions: [{ type, status: "True" }] });
    await e2e.wait({
      what: `the deployment to tell ${type}`,
      seconds: 30,
      async poll() {
        const told = lines.some((line) => line.includes(`waiting for ${CLAIM}`) && line.includes(type));
        return { state: told ? "ready" : "waiting", detail: lines.at(-1) ?? "" };
      },
    });
  }
  await setStatus(e2e, { capacity: { storage: "2Gi" }, conditions: [] });
}

const setStatus = ({ kubectl }: E2e, status: object) =>
  kubectl.run(["patch", CLAIM, "--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })]);

/** Sizes, and the pod with its identity and restarts. */
async function state({ kubectl }: E2e): Promise<string> {
  const read = async (what: string, path: string) => kubectl.run(["get", what, `--output=jsonpath=${path}`]);
  // First, since a restart may follow.
  const pod = await read("pod/postgres-0", "{.metadata.uid}, restarts {.status.containerStatuses[*].restartCount}");
  const claim = await read(CLAIM, "{.spec.resources.requests.storage}");
  const template = await read(
    "statefulset/postgres",
    "{.spec.volumeClaimTemplates[0].spec.resources.requests.storage}",
  );
  return `claim ${claim}, template ${template}, pod ${pod}`;
}

const podOf = (text: string) => text.replace(/.*, pod /, "");
