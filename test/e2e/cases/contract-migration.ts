import { strict as assert } from "node:assert";
import * as path from "node:path";
import { look } from "../../../lib/deploy/look";
import { originOf } from "../../../lib/deploy/release/origin";
import { draftOf } from "../../../lib/deploy/release/record";
import { beginRecord, endRecord } from "../../../lib/deploy/release/records";
import { rollback } from "../../../lib/deploy/release/rollback";
import type { Case } from "../case";
import { deployFiles, jobsOf, type Manifests, schemaVersion, settle, standOnThisRelease } from "../deployments";
import { CONTRACT_RELEASE, NEXT_VERSION, releaseOf } from "../releases";
import { assertAllAnswered, startTraffic } from "../traffic";

export const contractMigration: Case = {
  name: "contract-migration",
  long: true,
  title:
    "A contract migration, applied with everything at once, runs when the last old pod is gone; no way back after it",
  async run(e2e) {
    const release = await releaseOf(e2e, CONTRACT_RELEASE);
    const files = await release.manifests();
    await standOnThisRelease(e2e);
    const kubectl = e2e.kubectl.in(e2e.namespace);
    const before = await beginRecord(draftOf(e2e.files, await originOf(e2e.root, e2e.kubectl.env)), kubectl);
    await endRecord(before, "deployed", kubectl);
    const traffic = await startTraffic(e2e);

    await e2e.type(`kubectl apply -f ${path.dirname(files[0]?.path ?? "")}`);
    const job = contractJobOf(files);
    await e2e.wait({ what: job, seconds: 300, poll: () => look(job, e2e.kubectl) });
    const { stdout: log } = await e2e.type(`kubectl logs ${job} --all-containers --prefix`);
    assert.match(log, /An older release is connected \(data-svc\/\d+\)[\s\S]*Rolled out[\s\S]*applied {2}\d+_contract/);
    assert.equal(await schemaVersion(e2e), NEXT_VERSION);
    await settle(e2e);
    await assertAllAnswered(traffic, 500);

    const migrations = { version: NEXT_VERSION, required: NEXT_VERSION - 1, contracts: [NEXT_VERSION], digest: "" };
    const after = await beginRecord(draftOf(files, { version: "next", migrations }), kubectl);
    await endRecord(after, "deployed", kubectl);
    const said: string[] = [];
    const refused = rollback({ stage: e2e.stage.name, kubectl, say: (line) => said.push(line) });
    await assert.rejects(refused, (error: Error) => {
      e2e.evidence(`npm run rollback says: ${error.message}`);
      return /applied since, says `-- contract`/.test(error.message);
    });
    assert.deepEqual(said, []);
    await deployFiles(e2e, files);
  },
};

function contractJobOf(files: Manifests): string {
  const [, job] = jobsOf(files);
  assert.ok(job, "there is no Job of contract migrations");
  assert.match(job, /^job\/migrate-contract-/);
  return job;
}
