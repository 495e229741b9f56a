import { strict as assert } from "node:assert";
import { bucketShelf } from "../../../lib/deploy/backup/bucket-shelf";
import { chooseBackup } from "../../../lib/deploy/backup/choose";
import { backUpNow } from "../../../lib/deploy/backup/now";
import { targetOf } from "../../../lib/deploy/backup/open-shelf";
import { restorePolicy } from "../../../lib/restore/policy";
import { restore } from "../../../lib/restore/restore";
import { drillNamespace } from "../../../lib/stages/drill-namespace";
import type { Stage } from "../../../lib/stages/stage";
import { makeBucket } from "../bucket";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { deployStage } from "../deploy-stage";
import { letVolumesGo } from "../kept-volumes";
import { LIGHT } from "../light-stage";
import { removeAtEnd, waitUntilGone } from "../namespaces";
import { deployedCredentials } from "../rotation";

const MARK = "restored from the bucket alone";

export const restoreS3: Case = {
  name: "restore-s3",
  title:
    "After the loss of a namespace with its volumes and Secrets, the bucket and people's key alone bring every row back",
  long: true,
  async run(e2e) {
    const bucket = await makeBucket(e2e, "diabrisk-e2e");
    e2e.cleanUp("the way to the bucket", async () => bucket.close());
    const stage: Stage = { ...LIGHT, backup: { ...LIGHT.backup, target: bucket.target } };
    // The pods' own credentials: this gateway has one user, who may do everything.
    const stores = { backup: bucket.keys, drill: bucket.keys };
    await deployStage(e2e, stage, { stores });
    letVolumesGo(e2e);
    // The drill of a bucket has a namespace of its own.
    removeAtEnd(drillNamespace(stage, e2e.namespace), e2e);
    await query(e2e, `insert into audit_logs (action, resource_type) values ('${MARK}', 'e2e')`);
    const context = { say: (line: string) => e2e.say(line), signal: e2e.signal };
    await backUpNow({ kubectl: e2e.kubectl, now: () => new Date(), ...context });

    await lose(e2e);
    await deployStage(e2e, stage, { stores });
    assert.deepEqual(await marked(e2e), [], "the new database is not empty");
    const environment = {
      AWS_ACCESS_KEY_ID: bucket.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.keys.secretAccessKey,
    };
    const target = targetOf({ ...bucket.target, endpoint: bucket.endpoint });
    const shelf = bucketShelf({ target, region: bucket.target.region, environment });
    const manifest = await chooseBackup(shelf, {});
    const { backup } = await deployedCredentials(e2e);
    const began = performance.now();
    const done = await restore({
      ...{ kubectl: e2e.kubectl, stage: stage.name, manifest, ...context },
      ...{
        image: stage.service.image,
        resources: stage.backup.resources,
        clients: stage.clients,
        keeps: stage.retention,
      },
      ...{ target: targetOf(bucket.target), region: bucket.target.region },
      scratch: { size: stage.backup.scratch },
      policy: restorePolicy(stage),
      keys: {
        identity: backup.people.identity,
        "access-key-id": bucket.keys.accessKeyId,
        "secret-access-key": bucket.keys.secretAccessKey,
      },
      migrate: async () => assert.fail("the backup has this release's schema"),
      async ask(losses) {
        e2e.evidence(losses);
        return true;
      },
    });
    assert.equal(done, true);
    e2e.evidence(`restored from the bucket after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.deepEqual(await marked(e2e), [MARK]);
    const left = await e2e.kubectl.list("networkpolicies", "app=restore");
    assert.deepEqual(left, [], "the policy of the restore is still there");
  },
};

const marked = async (e2e: E2e) =>
  (await query(e2e, `select action from audit_logs where action = '${MARK}'`)).map(([action]) => action);

/** Deletes the namespace with everything in it, volumes too. */
async function lose(e2e: E2e): Promise<void> {
  const { kubectl, namespace } = e2e;
  await kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
  const remains = async () => ((await kubectl.get(`namespace/${namespace}`)) ? [`namespace ${namespace}`] : []);
  await waitUntilGone(namespace, remains, e2e);
}
