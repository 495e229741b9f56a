import { createHash } from "node:crypto";

/** Size and SHA-256 of a file. */
export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

/** Passes a stream on and takes its fingerprint. `fingerprint` is set at the stream's end. */
export class Hashed implements AsyncIterable<Uint8Array> {
  #fingerprint: Fingerprint | undefined;

  constructor(private readonly source: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of this.source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
    this.#fingerprint = { bytes, sha256: hash.digest("hex") };
  }

  get fingerprint(): Fingerprint {
    if (!this.#fingerprint) throw new Error("The stream was not read to its end");
    return this.#fingerprint;
  }
}

/** Compares in words; undefined if both are equal. */
export function difference(found: Fingerprint, expected: Fingerprint): string | undefined {
  if (found.bytes !== expected.bytes) return `has ${found.bytes} bytes instead of ${expected.bytes}`;
  if (found.sha256 !== expected.sha256) return `has SHA-256 ${found.sha256} instead of ${expected.sha256}`;
  return undefined;
}
