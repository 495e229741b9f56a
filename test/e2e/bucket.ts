import { AwsClient } from "aws4fetch";
import { execute } from "../../lib/deploy/kubectl";
import { forward } from "../../lib/deploy/port-forward";
import type { BucketTarget } from "../../lib/stages/stage";
import { type E2e, Skip } from "./case";
import { sharedCluster } from "./shared-cluster";

/** The one-node cluster's S3 gateway: its root keys may do everything. */
const KEYS = { accessKeyId: "test", secretAccessKey: "test-secret" };
const NAMESPACE = "s3";
const PORT = 7070;

/** A bucket, and the ways to it. */
export interface Bucket {
  /** As the pods reach it. */
  readonly target: BucketTarget;
  /** URL of its server on this machine. */
  readonly endpoint: string;
  readonly keys: typeof KEYS;
  close(): void;
}

/** Installs the one-node cluster's S3. @throws Skip where there is none */
export async function requireS3(e2e: E2e): Promise<void> {
  const cluster = await sharedCluster(e2e);
  if (!cluster) throw new Skip("this cluster brings no S3");
  const { kubectl } = e2e;
  if ((await execute(cluster, ["built", NAMESPACE], { env: kubectl.env })).code !== 0) {
    throw new Skip("the cluster's S3 is not built: ../shared/cluster/cluster build s3");
  }
  const { code, stderr } = await execute(cluster, ["install", NAMESPACE], { env: kubectl.env, seconds: 180 });
  if (code !== 0) throw new Error(`S3 could not be installed: ${stderr}`);
}

/** Makes a bucket in the one-node cluster's S3. @throws Skip where there is none */
export async function makeBucket(e2e: E2e, name: string): Promise<Bucket> {
  await requireS3(e2e);
  const { kubectl } = e2e;
  const [pod] = await kubectl.in(NAMESPACE).list("pods");
  if (!pod) throw new Error("S3 has no pod");
  const { port, close } = await forward(kubectl.in(NAMESPACE), pod.metadata.name, PORT);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new AwsClient({ ...KEYS, service: "s3", region: "us-east-1" });
  const made = await client.fetch(`${endpoint}/${name}`, { method: "PUT" });
  // An earlier run may have made it.
  if (!made.ok && made.status !== 409) throw new Error(`the bucket could not be made: ${await made.text()}`);
  const server = { kind: "pods", namespace: NAMESPACE, label: labelOf(pod.metadata.labels) } as const;
  const target: BucketTarget = {
    ...{ kind: "s3", endpoint: `http://s3.${NAMESPACE}:${PORT}`, region: "us-east-1" },
    ...{ bucket: name, prefix: e2e.namespace, keepDays: 1, network: [server] },
  };
  return { target, endpoint, keys: KEYS, close };
}

/** A label by which a policy finds the server. */
function labelOf(labels: Readonly<Record<string, string>> = {}): readonly [string, string] {
  const [label] = Object.entries(labels).filter(([name]) => !/hash/.test(name));
  if (!label) throw new Error("the server of S3 has no label");
  return label;
}
