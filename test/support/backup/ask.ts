import { AwsClient } from "aws4fetch";
import { sha256Header } from "../../../lib/backup/s3/put";

/** A user of S3, with the secret of its signatures. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Request {
  readonly method: string;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface S3Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

/**
 * Sends one request and never repeats it.
 * @param keys undefined leaves it without a signature
 */
export async function askS3(url: string, keys: S3Keys | undefined, request: S3Request): Promise<S3Answer> {
  const { method, body, headers = {} } = request;
  // A bucket with locks asks for a checksum.
  const checksum = body === undefined ? {} : sha256Header(Buffer.from(body));
  const sent = { method, headers: { ...headers, ...checksum }, ...(body !== undefined && { body }) };
  const send = keys ? signed(keys) : fetch;
  const answer = await send(url, sent);
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
}

function signed(keys: S3Keys) {
  const client = new AwsClient({ ...keys, service: "s3", region: "us-east-1", retries: 0 });
  return (url: string, request: RequestInit) => client.fetch(url, request);
}
