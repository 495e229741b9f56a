import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { signatureOf, signerOf } from "./sigv4";

type Right = "put" | "list" | "get" | "abort";

/** A user of the server. */
export interface User {
  readonly secret: string;
  readonly rights: readonly Right[];
}

interface Stored {
  readonly bytes: Buffer;
  readonly etag: string;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message = code,
  ) {
    super(message);
  }
}

/** A bucket in memory, as strict as S3: signatures, clocks, checksums, rights, conditions, sizes of parts. */
export class S3Server {
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<
    string,
    { readonly key: string; readonly parts: Map<number, Stored & { sha256: string }> }
  >();
  /** Operations in their order, e.g. `put a/manifest.json`. */
  readonly log: string[] = [];
  now = () => new Date();
  /** Bytes that the bucket takes in all. */
  quota = Number.POSITIVE_INFINITY;
  partBytesAtLeast = 5 << 20;
  pageSize = 1000;
  /** Whether objects and parts keep their bytes. Without them nothing can be read, and sizes are 0. */
  keepsBytes = true;
  /** Whether ETags are MD5, as they are unless the bucket encrypts with KMS. */
  md5Etags = true;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  #uploads = 0;

  constructor(
    readonly bucket: string,
    readonly users: Readonly<Record<string, User>>,
  ) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // The client went away in the middle: nothing is stored.
    }
    try {
      const { status = 200, headers = {}, body = "" } = this.#handle(request, Buffer.concat(chunks));
      response.writeHead(status, headers).end(body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const xml = `<?xml version="1.0"?>\n<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`;
      response.writeHead(error.status, { "content-type": "application/xml" }).end(xml);
    }
  }

  #handle(
    request: http.IncomingMessage,
    body: Buffer,
  ): { status?: number; headers?: http.OutgoingHttpHeaders; body?: string | Buffer } {
    const user = this.#authenticate(request, body);
    const url = new URL(request.url ?? "", "http://any");
    const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const query = url.searchParams;
    if (bucket !== this.bucket) throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    const operation = operationOf(request.method ?? "", key, query);
    this.log.push(`${operation} ${key || query.get("prefix")}`);
    const right = RIGHT[operation];
    if (!user.rights.includes(right)) throw new Refusal(403, "AccessDenied", "Access Denied");
    const upload = query.get("uploadId") ?? "";
    switch (operation) {
      case "list":
        return { body: this.#list(query.get("prefix") ?? "", query.get("continuation-token") ?? "") };
      case "get":
        return this.#get(key, request.headers.range);
      case "put":
        return { headers: { etag: `"${this.#create(key, body, md5(body), request).etag}"` } };
      case "begin":
        this.uploads.set(String(++this.#uploads), { key, parts: new Map() });
        return {
          body: `<InitiateMultipartUploadResult><UploadId>${this.#uploads}</UploadId></InitiateMultipartUploadResult>`,
        };
      case "part": {
        const sha256 = requireChecksum(request, body);
        this.#uploadOf(upload, key).parts.set(Number(query.get("partNumber")), {
          bytes: body,
          etag: md5(body),
          sha256,
        });
        return { headers: { etag: `"${md5(body)}"` } };
      }
      case "complete":
        return { body: this.#complete(upload, key, body.toString(), request) };
      case "abort":
        this.uploads.delete(upload);
        return { status: 204 };
    }
  }

  #authenticate(request: http.IncomingMessage, body: Buffer): User {
    const signer = signerOf(request);
    if (!signer) throw new Refusal(403, "AccessDenied", "No signature");
    const user = this.users[signer.key];
    if (!user) throw new Refusal(403, "InvalidAccessKeyId");
    const time = String(request.headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
    if (Math.abs(Date.parse(time) - this.now().getTime()) > 15 * 60_000)
      throw new Refusal(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
      );
    for (const name of ["host", ...Object.keys(request.headers).filter((header) => header.startsWith("x-amz-"))])
      if (!signer.signed.includes(name)) throw new Refusal(403, "AccessDenied", `${name} is not signed`);
    if (signatureOf(request, user.secret) !== signer.signature) throw new Refusal(403, "SignatureDoesNotMatch");
    if (request.headers["x-amz-content-sha256"] !== createHash("sha256").update(body).digest("hex"))
      throw new Refusal(400, "XAmzContentSHA256Mismatch");
    return user;
  }

  #create(key: string, bytes: Buffer, etag: string, request: http.IncomingMessage): Stored {
    if (!request.url?.includes("uploadId")) requireChecksum(request, bytes);
    if (request.headers["if-none-match"] !== "*")
      throw new Refusal(403, "AccessDenied", "The policy asks for If-None-Match");
    if (this.objects.has(key)) throw new Refusal(412, "PreconditionFailed");
    const used = [...this.objects.values()].reduce((sum, object) => sum + object.bytes.length, 0);
    if (used + bytes.length > this.quota) throw new Refusal(507, "InsufficientStorage", "The disk is full");
    const stored = { bytes, etag: this.md5Etags ? etag : `kms-${this.log.length}` };
    this.objects.set(key, stored);
    return stored;
  }

  #complete(id: string, key: string, xml: string, request: http.IncomingMessage): string {
    const { parts } = this.#uploadOf(id, key);
    const named = [
      ...xml.matchAll(
        /<Part><PartNumber>(\d+)<\/PartNumber><ETag>&#34;(\w+)&#34;<\/ETag><ChecksumSHA256>(.*?)<\/ChecksumSHA256><\/Part>/g,
      ),
    ];
    if (named.length !== parts.size) throw new Refusal(400, "InvalidPart");
    const used = named.map(([, number, etag, sha256], index) => {
      const part = parts.get(Number(number));
      if (!part || Number(number) !== index + 1 || part.etag !== etag || part.sha256 !== sha256)
        throw new Refusal(400, "InvalidPart");
      if (this.keepsBytes && index < named.length - 1 && part.bytes.length < this.partBytesAtLeast)
        throw new Refusal(400, "EntityTooSmall");
      return part;
    });
    const etag = `${md5(Buffer.concat(used.map((part) => Buffer.from(part.etag, "hex"))))}-${used.length}`;
    this.#create(key, Buffer.concat(used.map(({ bytes }) => bytes)), etag, request);
    this.uploads.delete(id);
    return `<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`;
  }

  #uploadOf(id: string, key: string) {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new Refusal(404, "NoSuchUpload");
    return upload;
  }

  #list(prefix: string, after: string): string {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, this.pageSize);
    const cut = keys.length > page.length;
    const contents = page.map((key) => {
      const { bytes, etag } = this.objects.get(key) as Stored;
      return `<Contents><Key>${key}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${bytes.length}</Size></Contents>`;
    });
    const next = cut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${cut}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
  }

  #get(key: string, range: string | undefined) {
    const stored = this.objects.get(key);
    if (!stored) throw new Refusal(404, "NoSuchKey");
    const headers = { etag: `"${stored.etag}"` };
    const from = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
    return from === undefined
      ? { headers, body: stored.bytes }
      : { status: 206, headers, body: stored.bytes.subarray(Number(from)) };
  }
}

const RIGHT = {
  list: "list",
  get: "get",
  put: "put",
  begin: "put",
  part: "put",
  complete: "put",
  abort: "abort",
} as const;

function operationOf(method: string, key: string, query: URLSearchParams): keyof typeof RIGHT {
  if (method === "GET" && key === "" && query.get("list-type") === "2") return "list";
  if (method === "GET" && key !== "") return "get";
  if (method === "PUT") return query.has("uploadId") ? "part" : "put";
  if (method === "POST") return query.has("uploads") ? "begin" : "complete";
  if (method === "DELETE" && query.has("uploadId")) return "abort";
  throw new Refusal(405, "MethodNotAllowed");
}

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

function requireChecksum(request: http.IncomingMessage, body: Buffer): string {
  const sent = request.headers["x-amz-checksum-sha256"];
  const sha256 = createHash("sha256").update(body).digest("base64");
  if (sent === undefined) throw new Refusal(400, "InvalidRequest", "Missing checksum, which Object Lock asks for");
  if (sent !== sha256) throw new Refusal(400, "BadDigest");
  return sha256;
}
