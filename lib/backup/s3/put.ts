import { createHash } from "node:crypto";
import type { Client } from "./client";
import { S3Failure } from "./failure";
import { listObjects } from "./list-objects";

/** Keeps an object that is there already. */
export const UNLESS_TAKEN = { "if-none-match": "*" } as const;

export const sha256Header = (bytes: Uint8Array) => ({
  "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64"),
});

export const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();

/** Puts an object in one request. Returns false if the key is another's. */
export function put(client: Client, key: string, bytes: Uint8Array): Promise<boolean> {
  const headers = { ...UNLESS_TAKEN, ...sha256Header(bytes) };
  const etag = md5(bytes).toString("hex");
  return claim(client, { key, bytes: bytes.length, etag }, (onDoubt) =>
    client.ask({ method: "PUT", key, headers, body: bytes }, `put ${key}`, onDoubt),
  );
}

export interface Expected {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

/**
 * Runs a request that creates an object unless its key is taken. If an attempt's answer was lost, "taken" may mean by
 * that attempt. A list tells, since the keys may not read: our object has our size and ETag. In buckets whose ETags are
 * not MD5 an own object counts as another's, and the backup takes the next number.
 */
export async function claim(
  client: Client,
  expected: Expected,
  request: (onDoubt: () => void) => Promise<unknown>,
): Promise<boolean> {
  let doubt = false;
  try {
    await request(() => {
      doubt = true;
    });
    return true;
  } catch (error) {
    const taken = error instanceof S3Failure && (error.status === 412 || error.status === 409);
    if (!doubt && !taken) throw error;
    if (doubt && (await isStored(client, expected).catch(() => false))) return true;
    if (taken) return false;
    throw error;
  }
}

async function isStored(client: Client, { key, bytes, etag }: Expected): Promise<boolean> {
  const found = (await listObjects(client, key)).find((object) => object.key === key);
  return found !== undefined && found.bytes === bytes && found.etag === etag;
}
