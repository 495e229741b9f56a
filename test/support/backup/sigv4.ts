import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

const hash = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, data: string) => createHmac("sha256", key).update(data).digest();
const uriEncode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** The access key of a request, and its signature as written. */
export function signerOf({ headers }: IncomingMessage) {
  const [, key, date, region, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  return key && date && region && signed && signature
    ? { key, date, region, signed: signed.split(";"), signature }
    : undefined;
}

/** Computes a request's signature from the specification, apart from any library. It covers the hash that the request names. */
export function signatureOf(request: IncomingMessage, secret: string): string {
  const { date = "", region = "", signed = [] } = signerOf(request) ?? {};
  const url = new URL(request.url ?? "", "http://any");
  const query = [...url.searchParams].map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).sort();
  const canonical = [
    request.method,
    url.pathname,
    query.join("&"),
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim().replaceAll(/ +/g, " ")}`),
    "",
    signed.join(";"),
    String(request.headers["x-amz-content-sha256"]),
  ].join("\n");
  const time = String(request.headers["x-amz-date"]);
  const text = ["AWS4-HMAC-SHA256", time, `${date}/${region}/s3/aws4_request`, hash(canonical)].join("\n");
  const key = ["s3", "aws4_request"].reduce(
    (last, part) => hmac(last, part),
    hmac(hmac(`AWS4${secret}`, date), region),
  );
  return createHmac("sha256", key).update(text).digest("hex");
}
