import type { Chunk } from "../chunks";
import { BackupError } from "../errors";
import type { Client } from "./client";
import { claim, md5, sha256Header, UNLESS_TAKEN } from "./put";
import { elementOf, escapeXml } from "./xml";

interface Part {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
  readonly md5: Buffer;
  readonly sha256: string;
}

/** Uploads an object in parts, one at a time. It exists once the last request succeeds. Returns false if the key is another's. */
export async function putInParts(client: Client, key: string, chunks: AsyncIterable<Chunk>): Promise<boolean> {
  const upload = { key, uploadId: await begin(client, key) };
  try {
    const parts: Part[] = [];
    for await (const { bytes } of chunks) parts.push(await putPart(client, upload, parts.length + 1, bytes));
    return await complete(client, upload, parts);
  } catch (error) {
    await abort(client, upload);
    throw error;
  }
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

async function begin(client: Client, key: string): Promise<string> {
  const headers = { "x-amz-checksum-algorithm": "SHA256" };
  const asked = `begin the upload of ${key}`;
  const { body } = await client.ask({ method: "POST", key, query: { uploads: "" }, headers }, asked);
  const uploadId = elementOf(body, "UploadId");
  if (uploadId === undefined) throw new BackupError(`${client.name} gave the upload of ${key} no id.`);
  return uploadId;
}

async function putPart(client: Client, { key, uploadId }: Upload, number: number, body: Uint8Array): Promise<Part> {
  const headers = sha256Header(body);
  const query = { partNumber: String(number), uploadId };
  const answer = await client.ask({ method: "PUT", key, query, headers, body }, `put part ${number} of ${key}`);
  const etag = answer.headers.etag ?? "";
  return { number, bytes: body.length, etag, md5: md5(body), sha256: headers["x-amz-checksum-sha256"] };
}

function complete(client: Client, { key, uploadId }: Upload, parts: readonly Part[]): Promise<boolean> {
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.map(partXml).join("")}</CompleteMultipartUpload>`);
  const headers = { ...UNLESS_TAKEN, "content-type": "application/xml" };
  const expected = {
    key,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    etag: `${md5(Buffer.concat(parts.map((part) => part.md5))).toString("hex")}-${parts.length}`,
  };
  const asked = `complete the upload of ${key}`;
  return claim(client, expected, (onDoubt) =>
    client.ask({ method: "POST", key, query: { uploadId }, headers, body }, asked, onDoubt),
  );
}

const partXml = ({ number, etag, sha256 }: Part) =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag><ChecksumSHA256>${sha256}</ChecksumSHA256></Part>`;

/** Frees the parts. The keys may be forbidden to, and the bucket's lifecycle then does it: nothing depends on this. */
async function abort(client: Client, { key, uploadId }: Upload): Promise<void> {
  await client.ask({ method: "DELETE", key, query: { uploadId } }, `abort the upload of ${key}`).catch(() => undefined);
}
