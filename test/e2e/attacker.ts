import type { Kubectl } from "../../lib/deploy/kubectl";
import { askS3, type S3Answer, type S3Keys, type S3Request } from "../support/backup/ask";

/** A Secret, decoded. */
export interface FoundSecret {
  readonly name: string;
  readonly values: readonly string[];
}

/** Reads every Secret of a namespace. */
export async function secretsOf(kubectl: Kubectl): Promise<readonly FoundSecret[]> {
  const secrets = (await kubectl.list("secrets")) as readonly SecretObject[];
  return secrets.map(({ metadata, data = {} }) => ({
    name: metadata.name,
    values: Object.values(data).map((value) => Buffer.from(value, "base64").toString()),
  }));
}

interface SecretObject {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Keys to try on a bucket. */
export interface Intruder {
  readonly name: string;
  /** Undefined asks without a signature. */
  readonly keys: S3Keys | undefined;
}

/** Takes every two values of a Secret for a user and its secret, in both orders. */
export function intruders(secrets: readonly FoundSecret[]): readonly Intruder[] {
  const found = secrets.flatMap(({ name, values }) => {
    const short = values.filter((value) => /^[\w.+/=-]{1,128}$/.test(value));
    return short.flatMap((accessKeyId) =>
      short
        .filter((secretAccessKey) => secretAccessKey !== accessKeyId)
        .map((secretAccessKey) => ({ name: `${name} as ${accessKeyId}`, keys: { accessKeyId, secretAccessKey } })),
    );
  });
  return [...found, { name: "nobody", keys: undefined }];
}

/** Finds everything that looks like a private key of age. */
export const identitiesIn = (secrets: readonly FoundSecret[]): readonly string[] =>
  secrets.flatMap(({ values }) => values.flatMap((value) => value.match(/AGE-SECRET-KEY-[0-9A-Z-]+/gi) ?? []));

/** A request below the gateway's address. */
export interface Attempt extends S3Request {
  readonly path: string;
}

/** Objects of a backup, as paths below the gateway's address. */
export interface Prey {
  readonly bucket: string;
  readonly dump: string;
  readonly manifest: string;
  /** Version of the dump. */
  readonly version: string;
}

/** Requests that nobody with the stage's Secrets may be granted, by what they would come to. */
export const attemptsAt = (prey: Prey) => ({
  "backups read": reads(prey),
  "backups deleted": deletions(prey),
  "rights changed": changesOfRights(prey),
});

/** Puts over the backup. A store without the condition takes them as newer versions. */
export const replacements = ({ dump, manifest }: Prey): readonly Attempt[] =>
  [dump, manifest].map((path) => ({ method: "PUT", path, body: "replaced" }));

function reads({ bucket, dump, manifest, version }: Prey): readonly Attempt[] {
  return [
    ...[dump, `${dump}?versionId=${version}`, manifest, `${bucket}?versions`, `${bucket}?policy`].map(get),
    { method: "HEAD", path: dump },
    { method: "PUT", path: `${dump}.copy`, headers: { "x-amz-copy-source": dump } },
  ];
}

const get = (path: string): Attempt => ({ method: "GET", path });

function deletions({ bucket, dump, manifest, version }: Prey): readonly Attempt[] {
  const key = dump.slice(bucket.length + 1);
  const body = `<Delete><Object><Key>${key}</Key></Object><Object><Key>${key}</Key><VersionId>${version}</VersionId></Object></Delete>`;
  const bypass = { "x-amz-bypass-governance-retention": "true" };
  return [
    { method: "DELETE", path: dump },
    { method: "DELETE", path: manifest },
    { method: "DELETE", path: `${dump}?versionId=${version}` },
    { method: "DELETE", path: `${dump}?versionId=${version}`, headers: bypass },
    { method: "POST", path: `${bucket}?delete`, body },
    { method: "POST", path: `${bucket}?delete`, body, headers: bypass },
    { method: "DELETE", path: bucket },
  ];
}

/** Changes of what protects the backups. */
function changesOfRights({ bucket, dump, version }: Prey): readonly Attempt[] {
  const everything = { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: [bucket, `${bucket}/*`].map(arn) };
  const past = new Date(Date.now() + 1000).toISOString();
  return [
    { method: "PUT", path: `${bucket}?policy`, body: JSON.stringify({ Statement: [everything] }) },
    { method: "DELETE", path: `${bucket}?policy` },
    { method: "PUT", path: `${bucket}?object-lock`, body: "<ObjectLockConfiguration/>" },
    {
      method: "PUT",
      path: `${bucket}?versioning`,
      body: "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    },
    {
      method: "PUT",
      path: `${dump}?retention&versionId=${version}`,
      body: `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${past}</RetainUntilDate></Retention>`,
      headers: { "x-amz-bypass-governance-retention": "true" },
    },
    {
      method: "PATCH",
      path: "/create-user",
      body: "<Account><Access>intruder</Access><Secret>intruder</Secret><Role>admin</Role></Account>",
    },
  ];
}

const arn = (path: string) => `arn:aws:s3:::${path.slice(1)}`;

export interface Tried {
  readonly what: string;
  readonly answer: S3Answer;
}

/** Makes every attempt as everybody. */
export async function attack(
  endpoint: string,
  who: readonly Intruder[],
  attempts: readonly Attempt[],
): Promise<readonly Tried[]> {
  const tried: Tried[] = [];
  for (const { name, keys } of who) {
    for (const { path, ...request } of attempts) {
      const answer = await askS3(`${endpoint}${path}`, keys, request);
      tried.push({ what: `${name}: ${request.method} ${path}`, answer });
    }
  }
  return tried;
}
