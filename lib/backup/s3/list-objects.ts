import { BackupError } from "../errors";
import type { Client } from "./client";
import { elementOf, elementsOf } from "./xml";

/** An object of a bucket. */
export interface BucketObject {
  /** Whole key in the bucket. */
  readonly key: string;
  readonly bytes: number;
  /** Without quotation marks. */
  readonly etag: string;
}

/** Lists every object below a prefix, page by page. */
export async function listObjects(client: Client, prefix: string): Promise<BucketObject[]> {
  const objects: BucketObject[] = [];
  for (let token: string | undefined; ; ) {
    const query = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
    const { body } = await client.ask({ method: "GET", query }, "list objects");
    // Half a list would make a number twice.
    if (!body.includes("</ListBucketResult>")) throw new BackupError(`${client.name} answered a list without its end.`);
    objects.push(...elementsOf(body, "Contents").map(objectOf));
    if (elementOf(body, "IsTruncated") !== "true") return objects;
    const next = elementOf(body, "NextContinuationToken");
    if (next === undefined || next === token)
      throw new BackupError(`${client.name} cut its list short and does not say how to go on.`);
    token = next;
  }
}

const objectOf = (xml: string): BucketObject => ({
  key: elementOf(xml, "Key") ?? "",
  bytes: Number(elementOf(xml, "Size")),
  etag: (elementOf(xml, "ETag") ?? "").replaceAll('"', ""),
});
