import { strict as assert } from "node:assert";
import { DATA_SVC } from "../../../lib/contract";
import { find, reference } from "../../../lib/deploy/manifests";
import { deployRecorded } from "../../../lib/deploy/release/deploy-recorded";
import { originOf } from "../../../lib/deploy/release/origin";
import { draftOf } from "../../../lib/deploy/release/record";
import { readRecords } from "../../../lib/deploy/release/records";
import { rollback } from "../../../lib/deploy/release/rollback";
import type { Case, E2e } from "../case";
import { describePods, jobOf, type Manifests, settle, standOnThisRelease } from "../deployments";
import { lastReleaseManifests } from "../last-release";
import { assertAllAnswered, startTraffic } from "../traffic";

export const releaseBefore: Case = {
  name: "release-before",
  long: true,
  title: "The release before, as committed, then this one, then back: no failed request, no object stranded",
  async run(e2e) {
    const last = await lastReleaseManifests(e2e);
    await standOnThisRelease(e2e);
    const first = await deployWithRecord(e2e, last);
    await settle(e2e);
    await e2e.kubectl.run(["delete", jobOf(e2e.files), "--ignore-not-found", "--cascade=foreground"]);
    // A caller that goes with both releases tries TLS first (docs/decisions.md, "data-svc speaks TLS alone").
    const traffic = await startTraffic(e2e, undefined, !hasTls(last));
    const before = await objectsOf(e2e);

    const second = await deployWithRecord(e2e, e2e.files);
    await settle(e2e);
    e2e.evidence((await describePods(e2e)).join("\n"));

    const third = await rollback(optionsOf(e2e));
    await settle(e2e);
    e2e.evidence((await describePods(e2e)).join("\n"));
    await assertAllAnswered(traffic, 500);

    const records = await readRecords(e2e.kubectl);
    const told = records.slice(0, 3).map(({ number, result, rollbackOf }) => [number, result, rollbackOf]);
    assert.deepEqual(told, [
      [third, "deployed", first],
      [second, "deployed", undefined],
      [first, "deployed", undefined],
    ]);
    const secrets = e2e.files.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Secret"));
    const text = JSON.stringify(records);
    for (const { data } of secrets as readonly { data?: Record<string, string> }[])
      for (const value of Object.values(data ?? {}))
        assert.ok(!text.includes(value), "a record holds a Secret's value");
    const removed = lackedBy(last, e2e.files);
    const expected = before.filter((name) => !removed.includes(name));
    assert.deepEqual(await objectsOf(e2e), expected, "the rollback left or lost objects");
    e2e.evidence(`${removed.length} objects are gone: ${removed.join(", ")}`);
    e2e.evidence(`${expected.length} objects are as they were:\n${expected.join("\n")}`);
  },
};

/** Whether a release's data-svc is asked over TLS, as its probes tell. */
const hasTls = (files: Manifests) =>
  JSON.stringify(find(files, "Deployment", DATA_SVC.name)).includes('"scheme":"HTTPS"');

const optionsOf = (e2e: E2e) => ({
  stage: e2e.stage.name,
  kubectl: e2e.kubectl.in(e2e.namespace),
  say: (line: string) => e2e.evidence(line),
  signal: e2e.signal,
});

async function deployWithRecord(e2e: E2e, files: Manifests): Promise<number> {
  const draft = draftOf(files, await originOf(e2e.root, e2e.kubectl.env));
  const kubectl = e2e.kubectl.in(e2e.namespace);
  return await deployRecorded({ kubectl, files, say: (line) => e2e.say(line), signal: e2e.signal }, draft);
}

/** References of the later release's objects that a rollback removes: not what may hold data, nor Secrets. */
function lackedBy(earlier: Manifests, later: Manifests): readonly string[] {
  const [had, has] = [earlier, later].map((files) => files.flatMap(({ objects }) => objects.map(reference)));
  return (has ?? []).filter((name) => !had?.includes(name) && !/^(?:secret|persistentvolumeclaim)\//.test(name));
}

/** Every object that a release may bring, by its reference; not what controllers and the records make. */
async function objectsOf({ kubectl }: E2e): Promise<readonly string[]> {
  const kinds =
    "deployments,statefulsets,jobs,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets";
  const listed = await kubectl.run([
    "get",
    `${kinds},persistentvolumeclaims,limitranges,resourcequotas`,
    "--output=name",
  ]);
  return listed
    .split("\n")
    .filter((name) => name !== "" && !/^configmap\/release-/.test(name))
    .map((name) => name.replace(/\.[^/]+(?=\/)/, ""))
    .sort();
}
