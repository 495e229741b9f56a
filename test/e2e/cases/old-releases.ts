import { strict as assert } from "node:assert";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { assemble, manifests } from "../../../lib/app";
import type { Kubectl, KubeObject } from "../../../lib/deploy/kubectl";
import { parseManifest } from "../../../lib/deploy/manifests";
import { ALL_STAGES } from "../../../lib/stages";
import type { Stage } from "../../../lib/stages/stage";
import { readMigrations } from "../../../lib/synth/inputs";
import { MANIFESTS, type RecordedManifests } from "../../../scripts/releases";
import { FAKE_CREDENTIALS } from "../../support/manifests";
import type { Case, E2e } from "../case";

export const oldReleases: Case = {
  name: "old-releases",
  long: true,
  title: "This release's manifests are accepted over those of every former release, for every stage",
  async run(e2e) {
    const served = new Set((await e2e.kubectl.run(["api-resources", "--output=name"])).split("\n").map(groupOf));
    const names = (await readdir(MANIFESTS)).filter((name) => name.endsWith(".json.gz")).sort();
    assert.ok(names.length > 0, `${MANIFESTS} holds no release`);
    for (const [index, name] of names.entries()) {
      const text = gunzipSync(await readFile(path.join(MANIFESTS, name))).toString("utf8");
      const former = JSON.parse(text) as RecordedManifests;
      for (const stage of ALL_STAGES) {
        const objects = former.stages[stage.name];
        if (!objects) continue;
        const namespace = `${e2e.namespace}-${index}-${stage.name}`;
        await replace(e2e, { namespace, served, name, before: objects, after: thisRelease(e2e, stage) });
      }
    }
  },
};

interface Replacement {
  readonly namespace: string;
  /** API groups of this cluster. */
  readonly served: ReadonlySet<string>;
  readonly name: string;
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
}

/** Applies the former objects without their pods, and lets the API server judge the new ones over them. */
async function replace(e2e: E2e, { namespace, served, name, before, after }: Replacement): Promise<void> {
  const kubectl = e2e.kubectl.in(namespace);
  const usable = (objects: readonly KubeObject[]) =>
    objects.filter(({ apiVersion = "" }) =>
      served.has(apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : ""),
    );
  const remove = e2e.cleanUp(`namespace ${namespace}`, () =>
    e2e.kubectl.run(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]),
  );
  const [old = [], now = []] = [usable(before), usable(after)].map((objects) =>
    objects.map((object) => still(object, namespace)),
  );
  const [changed, replaced] = [without(now, old), without(old, now)];
  if (changed.length > 0) {
    await apply(kubectl, [...old.filter(({ kind }) => kind === "Namespace"), ...replaced]);
    await apply(kubectl, changed, "--dry-run=server");
  }
  const left = before.length + after.length - usable(before).length - usable(after).length;
  const note = left === 0 ? "" : `; ${left} objects of operators that are not here were left out`;
  e2e.evidence(
    `${name}, ${namespace}: of ${now.length} objects ${changed.length} are others, accepted over ${replaced.length}${note}`,
  );
  await remove();
}

/** Those that are not, byte for byte, among the others. An object that did not change is accepted over itself. */
function without(objects: readonly KubeObject[], others: readonly KubeObject[]): readonly KubeObject[] {
  const known = new Set(others.map((other) => JSON.stringify(other)));
  return objects.filter((object) => !known.has(JSON.stringify(object)));
}

const apply = (kubectl: Kubectl, objects: readonly KubeObject[], ...options: readonly string[]) =>
  kubectl.run(["apply", "--filename=-", ...options], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });

/** The same object in another namespace, with nothing that starts a pod. */
function still(object: KubeObject, namespace: string): KubeObject {
  const moved = JSON.parse(JSON.stringify(object)) as {
    kind: string;
    metadata: { name: string; namespace?: string };
    spec?: Record<string, unknown>;
  };
  if (moved.kind === "Namespace") moved.metadata.name = namespace;
  else moved.metadata.namespace = namespace;
  if (moved.kind === "StatefulSet" || moved.kind === "Deployment") moved.spec = { ...moved.spec, replicas: 0 };
  if (moved.kind === "Job" || moved.kind === "CronJob") moved.spec = { ...moved.spec, suspend: true };
  return moved as KubeObject;
}

function thisRelease(e2e: E2e, stage: Stage): readonly KubeObject[] {
  const app = assemble({
    stage,
    migrations: readMigrations(path.join(e2e.root, "migrations")),
    ...(stage.secrets.kind === "generated" && { credentials: FAKE_CREDENTIALS }),
  });
  return manifests(app).flatMap(({ text, path: file }) => parseManifest(text, file));
}

/** `"deployments.apps"` is of group `apps`, and `"pods"` of none. */
const groupOf = (resource: string): string => resource.split(".").slice(1).join(".");
