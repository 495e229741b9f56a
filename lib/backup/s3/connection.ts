import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import { AwsV4Signer } from "aws4fetch";
import type { Credentials } from "./credentials";
import { StallError } from "./failure";

/** A request for an object, or for the bucket if there is no key. */
export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Place {
  readonly endpoint: URL;
  readonly bucket: string;
  readonly region: string;
}

/** Written at once. The time limit counts from the last piece that the other side took. */
const PIECE_BYTES = 64 * 1024;
const NOTHING = new Uint8Array();

/** Sends signed requests to a bucket. Knows neither retries nor what an answer means. */
export class Connection {
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(
    private readonly place: S3Place,
    private readonly credentials: () => Promise<Credentials>,
    private readonly now: () => Date,
    /** Milliseconds without a byte in either direction. */
    private readonly stall: number,
  ) {
    const { Agent, request } = place.endpoint.protocol === "https:" ? https : http;
    this.#agent = new Agent({ keepAlive: true });
    this.#request = request as typeof http.request;
  }

  /** Resolves with the answer's head. Its body has to be read, under the same time limit. */
  async send(request: S3Request): Promise<http.IncomingMessage> {
    const { body = NOTHING, method } = request;
    const { url, headers } = await this.#signed(request, body);
    return new Promise((resolve, reject) => {
      const sent = this.#request(url, { method, headers, agent: this.#agent, timeout: this.stall });
      let answer: http.IncomingMessage | undefined;
      sent.on("timeout", () => {
        const error = new StallError(this.stall);
        answer?.destroy(error);
        sent.destroy(error);
      });
      sent.on("response", (head) => {
        answer = head;
        resolve(head);
      });
      sent.on("error", reject);
      Readable.from(pieces(body), { objectMode: false }).pipe(sent);
    });
  }

  async #signed({ method, key, query = {}, headers = {} }: S3Request, body: Uint8Array) {
    const { endpoint, bucket, region } = this.place;
    const url = new URL(
      `/${[bucket, ...(key ?? "").split("/")].filter(Boolean).map(encodeURIComponent).join("/")}`,
      endpoint,
    );
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signer = new AwsV4Signer({
      ...(await this.credentials()),
      method,
      url: url.href,
      headers: {
        ...headers,
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
      },
      service: "s3",
      region,
      datetime: this.now()
        .toISOString()
        .replaceAll(/[:-]|\.\d{3}/g, ""),
    });
    const signed = await signer.sign();
    const length = method === "GET" ? {} : { "content-length": String(body.length) };
    return { url: signed.url, headers: { ...Object.fromEntries(signed.headers), ...length } };
  }
}

function* pieces(body: Uint8Array) {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** Reads an answer to its end. */
export async function textOf(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
