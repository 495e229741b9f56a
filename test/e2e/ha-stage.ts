import { ARCHIVE, STORE_KEYS } from "../../lib/contract";
import { prodHa } from "../../lib/stages/prod-ha";
import type { Stage } from "../../lib/stages/stage";
import { type Bucket, makeBucket } from "./bucket";
import type { E2e } from "./case";
import { storeOf } from "./secret-store";

/** prod-ha for a cluster of one node, whose API server and bucket are where they are here. */
export async function haStage(e2e: E2e): Promise<{ readonly stage: Stage; readonly bucket: Bucket }> {
  const bucket = await makeBucket(e2e, "diabrisk-e2e-archive");
  e2e.cleanUp("the way to the bucket", async () => bucket.close());
  const { kind, keepDays, ...place } = bucket.target;
  // Empty: a cluster refuses to archive into another one's history, and an earlier run may have left one.
  const target = { ...place, prefix: `${e2e.namespace}-${Date.now()}` };
  const archive = { ...prodHa.cluster.archive, target };
  const cluster = { ...prodHa.cluster, nodeEach: false, archive };
  const network = { ...prodHa.network, apiServer: await apiServer(e2e) };
  return { stage: { ...prodHa, cluster, network }, bucket };
}

/** Says what `haStage` changes, since this is no longer the stage to the letter. */
export const HA_CHANGED =
  "of the stage: instances share the one node, the archive is in this cluster's S3, and the API server is where it is here";

/** Puts the bucket's own keys where the ExternalSecret of the archive reads them. */
export async function fillArchiveKeys(e2e: E2e, { keys }: Bucket): Promise<void> {
  const store = await storeOf(e2e);
  const secret = `${prodHa.secrets.path}/${ARCHIVE.storeSecret}`;
  await store.change(STORE_KEYS.accessKeyId, { [secret]: keys.accessKeyId });
  await store.change(STORE_KEYS.secretAccessKey, { [secret]: keys.secretAccessKey });
}

/** Finds where the Service `kubernetes` leads to: policies see a connection behind it. */
async function apiServer({ kubectl }: E2e): Promise<Stage["network"]["apiServer"]> {
  const slice = await kubectl.in("default").get("endpointslice/kubernetes");
  const { endpoints, ports } = slice as unknown as {
    endpoints: readonly { addresses: readonly string[] }[];
    ports: readonly { port: number }[];
  };
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  return {
    network: addresses.map((address) => ({ kind: "addresses", cidr: `${address}/32` })),
    port: ports[0]?.port ?? 443,
  };
}
