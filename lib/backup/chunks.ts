/**
 * Cuts a stream into chunks of exactly `size` bytes; the last may be shorter. An empty stream gives one empty chunk.
 * Each chunk says whether it is the last, and is the receiver's to keep.
 */
export async function* chunksOf(input: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Chunk> {
  let buffer = Buffer.allocUnsafe(size);
  let used = 0;
  for await (let rest of input) {
    while (rest.length > 0) {
      // Only what follows shows that a full chunk was not the last.
      if (used === size) {
        yield { bytes: buffer, last: false };
        buffer = Buffer.allocUnsafe(size);
        used = 0;
      }
      const taken = rest.subarray(0, size - used);
      buffer.set(taken, used);
      used += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  yield { bytes: buffer.subarray(0, used), last: true };
}

export interface Chunk {
  readonly bytes: Buffer;
  readonly last: boolean;
}
