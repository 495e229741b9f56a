import { chunksOf } from "../chunks";
import { BackupError, MissingError } from "../errors";
import type { Body, Store, StoredObject } from "../store/store";
import { Client, PATIENCE, type Patience } from "./client";
import type { S3Place } from "./connection";
import type { Credentials } from "./credentials";
import { isPassing, S3Failure } from "./failure";
import { listObjects } from "./list-objects";
import { putInParts } from "./multipart";
import { put } from "./put";

/** Held in memory, once. S3 wants at least 5 MiB a part. */
const PART_BYTES = 8 << 20;
/** S3 takes 10 000. */
const PARTS_AT_MOST = 9_000;

export interface S3StoreOptions {
  readonly place: S3Place;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  readonly credentials: () => Promise<Credentials>;
  /** The clock that requests are signed with. */
  readonly now: () => Date;
  readonly patience?: Patience;
  /** @default 8 MiB */
  readonly partBytes?: number;
}

/** Backups in a bucket. Its keys may be allowed to put and list alone: only `read` gets anything. */
export class S3Store implements Store {
  readonly name: string;
  readonly #client: Client;
  readonly #prefix: string;
  readonly #partBytes: number;

  constructor({ place, prefix, credentials, now, patience = PATIENCE, partBytes = PART_BYTES }: S3StoreOptions) {
    const path = [place.bucket, prefix].filter(Boolean).join("/");
    this.name = `bucket ${path} at ${place.endpoint.host}`;
    this.#client = new Client(this.name, place, remembered(credentials), now, patience);
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
    this.#partBytes = partBytes;
  }

  async list(): Promise<readonly StoredObject[]> {
    const objects = await listObjects(this.#client, this.#prefix);
    return objects.map(({ key, bytes }) => ({ key: key.slice(this.#prefix.length), bytes }));
  }

  async create(key: string, body: Body): Promise<boolean> {
    const chunks = chunksOf(body.chunks(), Math.max(this.#partBytes, Math.ceil(body.bytes / PARTS_AT_MOST)));
    const { value: first } = await chunks.next();
    if (!first) throw new Error("There is always one chunk");
    const whole = this.#prefix + key;
    return first.last
      ? put(this.#client, whole, first.bytes)
      : putInParts(this.#client, whole, startingWith(first, chunks));
  }

  /** Goes on where a broken answer ended, as long as each attempt brings something. */
  async *read(key: string): AsyncGenerator<Uint8Array> {
    const asked = `get ${this.#prefix}${key}`;
    let done = 0;
    let etag: string | undefined;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#open(key, asked, done, etag);
      etag ??= answer.headers.etag;
      try {
        for await (const chunk of answer) {
          yield chunk;
          done += chunk.length;
          attempt = 1;
        }
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#client.pause(attempt, error, asked);
      }
    }
  }

  async #open(key: string, asked: string, from: number, etag: string | undefined) {
    const headers = from === 0 ? {} : { range: `bytes=${from}-`, ...(etag && { "if-match": etag }) };
    try {
      const answer = await this.#client.open({ method: "GET", key: this.#prefix + key, headers }, asked);
      if (from > 0 && answer.statusCode !== 206)
        throw new BackupError(`${this.name} cannot go on with ${key} after a broken answer.`);
      return answer;
    } catch (error) {
      if (error instanceof S3Failure && error.code === "NoSuchKey")
        throw new MissingError(`${this.name} has no ${key}.`);
      throw error;
    }
  }
}

async function* startingWith<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}

/** Reads the keys before the first request, once. */
function remembered<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= read();
    return value;
  };
}
