import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { BackupError, type Manifest } from "../../lib/backup";
import { decrypt } from "../../lib/backup/age";
import { dumpKey, manifestKey } from "../../lib/backup/keys";
import { elementOf, elementsOf } from "../../lib/backup/s3/xml";
import { askS3, type S3Answer, type S3Keys } from "../support/backup/ask";
import {
  type Attempt,
  attack,
  attemptsAt,
  type FoundSecret,
  type Intruder,
  identitiesIn,
  intruders,
  type Prey,
  replacements,
  secretsOf,
  type Tried,
} from "./attacker";
import type { E2e } from "./case";
import type { GuardedBucket } from "./guarded-bucket";
import { deployedCredentials } from "./rotation";

export interface Siege {
  readonly bucket: GuardedBucket;
  /** The backup that is attacked. */
  readonly manifest: Manifest;
  /** Namespace of the drill, whose Secrets the attacker does not have. */
  readonly drills: string;
}

/** Attacks the backups with every Secret of the stage's namespace. @throws AssertionError if anything comes of it */
export async function besiege(e2e: E2e, siege: Siege): Promise<void> {
  const { bucket } = siege;
  const secrets = await secretsOf(e2e.kubectl.in(e2e.namespace));
  e2e.evidence(`Secrets of ${e2e.namespace}: ${secrets.map(({ name }) => name).join(", ")}`);
  const prey = preyOf(siege, await versionsOf(bucket));
  await showThatItCouldWork(bucket, prey);
  const before = await versionsOf(bucket);

  const who = intruders(secrets);
  requireKeysOfJob(who, bucket);
  e2e.figure("keys tried by the attacker", who.length);
  for (const [what, attempts] of Object.entries(attemptsAt(prey))) {
    const tried = await attack(bucket.endpoint, who, attempts);
    e2e.figure(`${what} by the attacker`, granted(tried).length);
    e2e.evidence(`${tried.length} requests, with the answers ${answersOf(tried)}`);
    assert.deepEqual(granted(tried), []);
  }
  assert.deepEqual(await versionsOf(bucket), before, "the bucket is not what it was");

  const replaced = await attack(bucket.endpoint, who, replacements(prey));
  e2e.evidence(`granted, as a version above the locked one:\n${granted(replaced).join("\n") || "nothing"}`);
  const dump = await assertKept(e2e, siege, prey, before);
  await assertSealed(e2e, dump, secrets, await secretsOf(e2e.kubectl.in(siege.drills)));
}

/** Where this fails, the attack is none. */
function requireKeysOfJob(who: readonly Intruder[], { stores: { backup } }: GuardedBucket): void {
  const found = who.some(
    ({ keys }) => keys?.accessKeyId === backup.accessKeyId && keys.secretAccessKey === backup.secretAccessKey,
  );
  assert.ok(found, "the attacker has not found the keys of the backup's Job");
}

/** Shows that the requests are right: the drill's keys read, and the administrator's delete. */
async function showThatItCouldWork({ endpoint, stores, keys }: GuardedBucket, prey: Prey): Promise<void> {
  const attempts = attemptsAt({ ...prey, dump: `${prey.dump}.control` });
  const one = async (keys: S3Keys, attempt: Attempt | undefined) =>
    attempt && granted(await attack(endpoint, [{ name: "control", keys }], [attempt])).length;
  assert.equal(await one(stores.drill, attemptsAt(prey)["backups read"][0]), 1, "the drill's keys do not read");
  assert.equal(await one(keys, attempts["backups deleted"][0]), 1, "the administrator's keys do not delete");
}

const asAdministrator = ({ endpoint, keys }: GuardedBucket, { path, ...request }: Attempt) =>
  askS3(`${endpoint}${path}`, keys, request);

/** Lists what was not refused. A deletion of several objects answers 200 and refuses each inside. */
const granted = (tried: readonly Tried[]): readonly string[] =>
  tried.filter(({ answer }) => !isRefused(answer)).map(({ what, answer }) => `${what}: ${answer.status}`);

function isRefused({ status, bytes }: S3Answer): boolean {
  const text = bytes.toString();
  const inside =
    text.includes("<DeleteResult>") && !text.includes("<Deleted>") && elementOf(text, "Code") === "AccessDenied";
  return status === 403 || inside;
}

/** Counts the answers by their status and code. */
function answersOf(tried: readonly Tried[]): string {
  const counts = new Map<string, number>();
  for (const { answer } of tried) {
    const text = `${answer.status} ${elementOf(`${answer.bytes}`, "Code") ?? ""}`.trim();
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} times ${text}`).join(", ");
}

function preyOf({ bucket, manifest }: Siege, versions: readonly Version[]): Prey {
  const { bucket: name, prefix } = bucket.target;
  const version = versions.find(({ key }) => key === `${prefix}/${dumpKey(manifest.id)}`)?.version;
  assert.ok(version, "the dump has no version");
  const at = (key: string) => `/${name}/${prefix}/${key}`;
  return { bucket: `/${name}`, dump: at(dumpKey(manifest.id)), manifest: at(manifestKey(manifest.id)), version };
}

interface Version {
  readonly key: string;
  readonly version: string;
  readonly etag: string;
}

/** Every version and mark of a deletion, as the administrator sees them. */
async function versionsOf(bucket: GuardedBucket): Promise<readonly Version[]> {
  const { status, bytes } = await asAdministrator(bucket, { method: "GET", path: `/${bucket.target.bucket}?versions` });
  const xml = bytes.toString();
  assert.equal(status, 200, xml);
  return ["Version", "DeleteMarker"].flatMap((kind) =>
    elementsOf(xml, kind).map((element) => ({
      key: elementOf(element, "Key") ?? "",
      version: elementOf(element, "VersionId") ?? "",
      etag: elementOf(element, "ETag") ?? kind,
    })),
  );
}

/** The versions from before are all there; the backup's are byte for byte what they were, and locked. */
async function assertKept(e2e: E2e, { bucket, manifest }: Siege, prey: Prey, before: readonly Version[]) {
  const after = await versionsOf(bucket);
  const lost = before.filter((one) => !after.some(({ key, version }) => key === one.key && version === one.version));
  e2e.figure("versions lost", lost.length);
  assert.deepEqual(lost, []);
  e2e.evidence(
    `the administrator sees ${before.length} versions from before and ${after.length - before.length} above`,
  );

  const path = `${prey.dump}?versionId=${prey.version}`;
  const dump = await asAdministrator(bucket, { method: "GET", path });
  const sha256 = createHash("sha256").update(dump.bytes).digest("hex");
  assert.deepEqual({ bytes: dump.bytes.length, sha256 }, manifest.encrypted, "the dump's first version is another");
  const locked = await asAdministrator(bucket, { method: "DELETE", path });
  e2e.evidence(
    `DELETE of the dump's version by the administrator: ${locked.status} ${elementOf(`${locked.bytes}`, "Code")}`,
  );
  assert.ok(locked.status >= 400, "the version has no lock");
  return dump.bytes;
}

/** No private key among the Secrets opens the dump, and the drill's does. */
async function assertSealed(
  e2e: E2e,
  dump: Uint8Array,
  secrets: readonly FoundSecret[],
  others: readonly FoundSecret[],
) {
  const found = identitiesIn(secrets);
  const opened = await Promise.all(found.map((identity) => opens(dump, identity)));
  e2e.figure("private keys among the attacker's Secrets", found.length);
  e2e.figure("backups decrypted by the attacker", opened.filter(Boolean).length);
  assert.ok(!opened.includes(true), "a Secret of the stage's namespace opens the backup");
  const drill = identitiesIn(others);
  assert.deepEqual(await Promise.all(drill.map((identity) => opens(dump, identity))), [true]);
  const { backup } = await deployedCredentials(e2e);
  const { identity } = backup.people;
  assert.equal(await opens(dump, identity), true, "people's key does not open the backup");
  assert.ok(
    ![...secrets, ...others].some(({ values }) => values.join("\n").includes(identity)),
    "people's key is a Secret",
  );
}

async function opens(dump: Uint8Array, identity: string): Promise<boolean> {
  try {
    for await (const _ of decrypt(Readable.from([dump]), [identity]));
    return true;
  } catch (error) {
    // Another key, or none at all.
    if (error instanceof BackupError || /identity|bech32|checksum/i.test((error as Error).message)) return false;
    throw error;
  }
}
