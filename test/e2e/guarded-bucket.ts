import type { BucketOptions } from "../../lib/backup";
import type { Kubectl } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";
import { forward } from "../../lib/deploy/port-forward";
import { type Credentials, randomPassword } from "../../lib/secrets/credentials";
import type { BucketTarget } from "../../lib/stages/stage";
import type { S3Keys } from "../support/backup/ask";
import { makeLockedBucket } from "../support/backup/locked-bucket";
import { type Bucket, requireS3 } from "./bucket";
import type { E2e } from "./case";
import { claimNamespace } from "./namespaces";

const NAME = "gateway";
const PORT = 7070;
const BUCKET = "backups";
/** Users of the gateway. Their names are their access keys. */
const USERS = { backup: "writer", drill: "drill" } as const;

/** A bucket with the policy that `backup bucket` prints. Its `keys` are the administrator's. */
export interface GuardedBucket extends Bucket {
  readonly stores: Credentials["stores"];
}

/**
 * Starts an S3 gateway in a namespace of its own, and makes users and a bucket there. The cluster's own has no users.
 * @throws Skip where the cluster has no image of it
 */
export async function makeGuardedBucket(e2e: E2e): Promise<GuardedBucket> {
  await requireS3(e2e);
  const namespace = `${e2e.namespace}-store`;
  await claimNamespace(namespace, e2e);
  const kubectl = e2e.kubectl.in(namespace);
  const keys = { accessKeyId: "administrator", secretAccessKey: randomPassword() };
  for (const object of gateway(keys)) await e2e.apply(object, kubectl);
  const what = `deployment/${NAME}`;
  await e2e.wait({ what, seconds: 120, poll: () => look(what, kubectl) });
  const stores = { backup: newUser(USERS.backup), drill: newUser(USERS.drill) };
  for (const user of Object.values(stores)) await makeUser(kubectl, keys, user);

  const { port, close } = await forward(kubectl, await podOf(kubectl), PORT);
  e2e.cleanUp("the way to the gateway", async () => close());
  const endpoint = `http://127.0.0.1:${port}`;
  const target: BucketTarget = {
    ...{ kind: "s3", endpoint: `http://${NAME}.${namespace}:${PORT}`, region: "us-east-1" },
    ...{ bucket: BUCKET, prefix: e2e.namespace, keepDays: 1 },
    network: [{ kind: "pods", namespace, label: ["app", NAME] }],
  };
  await makeLockedBucket(optionsOf(target, endpoint), keys);
  return { target, endpoint, keys, stores, close };
}

const newUser = (accessKeyId: string): S3Keys => ({ accessKeyId, secretAccessKey: randomPassword() });

const optionsOf = ({ region, bucket, prefix, keepDays }: BucketTarget, endpoint: string): BucketOptions => ({
  ...{ kind: "versity", endpoint: new URL(endpoint), region, bucket, prefix, keepDays },
  ...{ writer: USERS.backup, drill: USERS.drill },
});

async function podOf(kubectl: Kubectl): Promise<string> {
  const [pod] = await kubectl.list("pods", `app=${NAME}`);
  if (!pod) throw new Error("the gateway has no pod");
  return pod.metadata.name;
}

async function makeUser(kubectl: Kubectl, administrator: S3Keys, user: S3Keys): Promise<void> {
  const flags = ({ accessKeyId, secretAccessKey }: S3Keys) => ["--access", accessKeyId, "--secret", secretAccessKey];
  const admin = ["/versitygw", "admin", ...flags(administrator), "--endpoint-url", `http://127.0.0.1:${PORT}`];
  await kubectl.run(["exec", `deployment/${NAME}`, "--", ...admin, "create-user", "--role", "user", ...flags(user)]);
}

/** As the cluster's own, with a folder for users. */
function gateway({ accessKeyId, secretAccessKey }: S3Keys): readonly object[] {
  const labels = { app: NAME };
  const folders = ["users", "versions", "data"];
  const container = {
    name: NAME,
    image: "localhost/versitygw:1.8.0",
    command: ["/versitygw"],
    args: ["--port", `:${PORT}`, "--iam-dir", "/users", "posix", "--versioning-dir", "/versions", "/data"],
    env: [
      { name: "ROOT_ACCESS_KEY", value: accessKeyId },
      { name: "ROOT_SECRET_KEY", value: secretAccessKey },
    ],
    ports: [{ containerPort: PORT }],
    readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
    volumeMounts: folders.map((name) => ({ name, mountPath: `/${name}` })),
  };
  const pod = {
    securityContext: { fsGroup: 65_532 },
    containers: [container],
    volumes: folders.map((name) => ({ name, emptyDir: {} })),
  };
  const metadata = { name: NAME, labels };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: PORT }] } },
    {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
  ];
}
