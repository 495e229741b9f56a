import { strict as assert } from "node:assert";
import type { Case, E2e } from "../case";
import {
  deployFiles,
  deployInVain,
  describePods,
  manifestsOf,
  schemaVersion,
  servicePods,
  settle,
  standOnThisRelease,
} from "../deployments";
import { NEXT_VERSION, nextRelease } from "../releases";
import { isPinned } from "../stage-manifests";
import { assertAllAnswered, startTraffic } from "../traffic";

const REQUESTS = 10_000;
const PER_SECOND = 60;

export const rollingRelease: Case = {
  name: "rolling-release",
  title: `No request out of ${REQUESTS} fails while a release rolls out, a pod is deleted and another is evicted`,
  async run(e2e) {
    const next = await manifestsOf(nextRelease(e2e));
    await standOnThisRelease(e2e);
    const traffic = await startTraffic(e2e, PER_SECOND);
    await refuseOldImage(e2e);

    await deployFiles(e2e, next);
    await settle(e2e);
    assert.equal(await schemaVersion(e2e), NEXT_VERSION);
    e2e.evidence(`rolled out:\n${(await describePods(e2e)).join("\n")}`);

    const [first] = await servicePods(e2e);
    await e2e.type(`kubectl delete pod ${first?.metadata.name} --wait=false`);
    await settle(e2e);

    const [second] = await servicePods(e2e);
    await evict(e2e, second?.metadata.name ?? "");
    await settle(e2e);
    e2e.evidence((await describePods(e2e)).join("\n"));

    await assertAllAnswered(traffic, REQUESTS);
  },
};

/** Deploys the next release with this one's image, as it is while nobody has built it again. */
async function refuseOldImage(e2e: E2e): Promise<void> {
  const { image } = e2e.stage.service;
  const before = await describePods(e2e);
  const forgotten = await (await nextRelease(e2e)).manifests((stage) => ({
    ...stage,
    service: { ...stage.service, image },
  }));
  const said = await deployInVain(e2e, forgotten);
  assert.match(
    said,
    new RegExp(`migrations up to version ${NEXT_VERSION - 1}, .*the release up to version ${NEXT_VERSION}`),
  );
  if (isPinned(e2e.stage)) {
    assert.match(said, /npm run pin -- /, "the log does not say how to pin the image");
  } else {
    assert.match(said, /built from the source with digest [0-9a-f]{16}, and says [0-9a-f]{16}/);
    assert.ok(said.includes(`docker build -t ${image.reference} . `), "the log does not say how to rebuild the image");
  }
  assert.match(said, /Not applied, and so as before: deployment\/data-svc/);
  assert.equal(await schemaVersion(e2e), NEXT_VERSION - 1);
  assert.deepEqual(await describePods(e2e), before);
}

/** Takes a pod away as a drain of its node does, which the disruption budget may refuse. */
async function evict(e2e: E2e, name: string): Promise<void> {
  const { kubectl, namespace } = e2e;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  const url = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const answer = await kubectl.run(["create", "--raw", url, "--filename=-"], { input: JSON.stringify(eviction) });
  e2e.evidence(`evicted ${name}: ${answer}`);
}
