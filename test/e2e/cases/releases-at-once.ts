import { strict as assert } from "node:assert";
import * as path from "node:path";
import { look } from "../../../lib/deploy/look";
import { WaitError } from "../../../lib/deploy/waiting";
import type { Case, E2e } from "../case";
import {
  deployFiles,
  describePods,
  history,
  jobOf,
  type Manifests,
  schemaVersion,
  settle,
  standOnThisRelease,
} from "../deployments";
import { NEXT_VERSION, nextRelease } from "../releases";

export const releasesAtOnce: Case = {
  name: "releases-at-once",
  title:
    "Two releases applied at once, different or the same: each migration runs once, and data-svc ends in one of them",
  async run(e2e) {
    const next = await nextRelease(e2e);
    await standOnThisRelease(e2e);
    const newer = await next.manifests();

    await applyTogether(e2e, [e2e.files, newer]);
    await settled(e2e, [e2e.files, newer]);

    // Another deadline, so that the Job is a new one and both of them make it.
    const same = await next.manifests((stage) => ({
      ...stage,
      migration: { ...stage.migration, deadlineSeconds: stage.migration.deadlineSeconds + 1 },
    }));
    await deployTogether(e2e, [same, same]);
    await settled(e2e, [same]);

    await deployTogether(e2e, [e2e.files, same]);
    await settled(e2e, [same]);
  },
};

/** The two commands begin at the same moment, with Jobs that have yet to run. */
async function applyTogether(e2e: E2e, releases: readonly Manifests[]): Promise<void> {
  await Promise.all(
    releases.map((files) => e2e.kubectl.run(["delete", jobOf(files), "--ignore-not-found", "--cascade=foreground"])),
  );
  await Promise.all(releases.map((files) => e2e.type(`kubectl apply -f ${path.dirname(files[0]?.path ?? "")}`)));
}

/** Both deploy as `npm run deploy` does. The one whose release was replaced meanwhile has to say so; nothing else may fail. */
async function deployTogether(e2e: E2e, releases: readonly Manifests[]): Promise<void> {
  await Promise.all(
    releases.map(async (files, index) => {
      const end = await deployFiles(e2e, files).then(
        () => "succeeded",
        (error: unknown) => error,
      );
      if (end instanceof Error && !(end instanceof WaitError && /meanwhile/.test(end.message))) throw end;
      e2e.evidence(`deployment ${index + 1}: ${end}`);
    }),
  );
}

/** The Jobs end well, every migration is recorded once, and all pods are of one release. */
async function settled(e2e: E2e, releases: readonly Manifests[]): Promise<void> {
  for (const job of new Set(releases.map(jobOf))) {
    await e2e.wait({ what: job, seconds: 180, poll: () => look(job, e2e.kubectl) });
    await e2e.type(`kubectl logs ${job} --all-containers --prefix`);
  }
  await settle(e2e);
  assert.equal(await schemaVersion(e2e), NEXT_VERSION);
  const applied = await history(e2e);
  e2e.evidence(applied);
  const versions = applied.split("\n").map((line) => Number(line.split(" ")[0]));
  assert.deepEqual(
    versions,
    Array.from({ length: NEXT_VERSION }, (_, index) => index + 1),
  );
  const pods = await describePods(e2e);
  e2e.evidence(pods.join("\n"));
  const revisions = new Set(pods.map((pod) => /^data-svc-(?<revision>\w+)-/.exec(pod)?.groups?.revision));
  assert.equal(revisions.size, 1, "data-svc's pods are of more than one revision");
}
