import { strict as assert } from "node:assert";
import { type Manifest, openTarget, parseTarget, readManifest, readText, type Store } from "../../../lib/backup";
import { BACKUP, DATABASE, DRILL_STEPS } from "../../../lib/contract";
import { backUpNow } from "../../../lib/deploy/backup/now";
import { targetOf } from "../../../lib/deploy/backup/open-shelf";
import { drillNamespace } from "../../../lib/stages/drill-namespace";
import type { Stage } from "../../../lib/stages/stage";
import { besiege } from "../besiege";
import type { Case, E2e } from "../case";
import { logOf, startNow } from "../cron-jobs";
import { deployStage } from "../deploy-stage";
import { type GuardedBucket, makeGuardedBucket } from "../guarded-bucket";
import { alone, LIGHT } from "../light-stage";
import { removeAtEnd } from "../namespaces";
import { startPod } from "../pods";

export const drillS3: Case = {
  name: "drill-s3",
  title:
    "A bucket's drill proves the newest backup in a namespace of its own; an attacker with every Secret of the stage's reads no backup and deletes none",
  async run(e2e) {
    const bucket = await makeGuardedBucket(e2e);
    const stage: Stage = { ...alone(LIGHT, LIGHT.database), backup: { ...LIGHT.backup, target: bucket.target } };
    const drills = drillNamespace(stage, e2e.namespace);
    removeAtEnd(drills, e2e);
    await deployStage(e2e, stage, { stores: bucket.stores });
    await backUpNow({
      ...{ kubectl: e2e.kubectl, now: () => new Date() },
      ...{ say: (line: string) => e2e.say(line), signal: e2e.signal },
    });
    const store = openAsAdministrator(bucket);
    const manifest = await readManifest(store, await onlyBackup(store));
    await passDrill(e2e, drills, store, manifest);
    await stayApart(e2e, drills, bucket);
    await besiege(e2e, { bucket, manifest, drills });
  },
};

function openAsAdministrator({ target, endpoint, keys }: GuardedBucket): Store {
  const parsed = parseTarget(targetOf({ ...target, endpoint }));
  assert.ok("kind" in parsed, "the gateway's address is no target");
  const environment = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  return openTarget(parsed, { region: target.region, environment });
}

async function onlyBackup(store: Store): Promise<string> {
  const ids = new Set((await store.list()).map(({ key }) => key.split("/")[0] ?? ""));
  assert.equal(ids.size, 1, `the bucket should hold one backup, and has ${[...ids].join(", ")}`);
  return [...ids].join();
}

async function passDrill(e2e: E2e, drills: string, store: Store, { id }: Manifest): Promise<void> {
  const { succeeded, seconds } = await startNow(e2e, BACKUP.drill, "drill-bucket", drills);
  await logOf(e2e, "drill-bucket", "compare", drills);
  await logOf(e2e, "drill-bucket", "report", drills);
  assert.equal(succeeded, true, "the drill of a whole backup failed");
  e2e.figure("seconds of the drill", Number(seconds.toFixed(1)));
  await e2e.type(`kubectl --namespace ${drills} get all,secrets,networkpolicies,resourcequotas`);
  const keys = (await store.list()).map(({ key }) => key).filter((key) => key.startsWith(`${id}/drill-`));
  assert.equal(keys.length, 1, `the bucket should hold one result, and has ${keys.join(", ") || "none"}`);
  const text = await readText(store, keys[0] ?? "");
  e2e.evidence(`${keys[0]}:\n${text}`);
  const report = JSON.parse(text) as {
    result: string;
    differences: string[];
    steps: { name: string; result: string }[];
  };
  assert.deepEqual([report.result, report.differences], ["passed", []]);
  assert.deepEqual(
    report.steps.map(({ name, result }) => `${name} ${result}`),
    DRILL_STEPS.map((name) => `${name} passed`),
  );
}

/** A pod with the drill's label reaches the bucket, and so could reach the database if it were let. */
async function stayApart(e2e: E2e, drills: string, { target }: GuardedBucket): Promise<void> {
  const pod = await startPod(e2e, { name: "e2e-like-drill", namespace: drills, labels: { app: BACKUP.drill } });
  const address = await e2e.kubectl.run(["get", "service", DATABASE.host, "--output=jsonpath={.spec.clusterIP}"]);
  const { hostname, port } = new URL(target.endpoint);
  const reaches = async (host: string, at: number | string) =>
    (await pod.sh(`nc -w 3 ${host} ${at} -e true`)).code === 0 ? "open" : "refused";
  // Policies take a moment to reach new pods.
  await e2e.wait({
    what: "a pod with the drill's label to reach the bucket and not the database",
    seconds: 30,
    async poll() {
      const [bucket, database] = [await reaches(hostname, port), await reaches(address, DATABASE.port)];
      const asExpected = bucket === "open" && database === "refused";
      return { state: asExpected ? "ready" : "waiting", detail: `bucket ${bucket}, ${DATABASE.host} ${database}` };
    },
  });
  e2e.evidence(`a pod with the drill's label: bucket open, ${DATABASE.host} refused`);
  await pod.remove();
}
