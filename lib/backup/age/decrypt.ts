import { Decrypter } from "age-encryption";
import { BackupError, DamageError } from "../errors";
import { decryptPayload, NONCE_BYTES, payloadKey } from "./payload";

/** A header for fifty recipients has about 10 KiB. */
const HEADER_BYTES_AT_MOST = 64 * 1024;

/** Decrypts, in constant memory. @throws DamageError if the input is cut or changed; BackupError if no identity fits */
export async function* decrypt(
  input: AsyncIterable<Uint8Array>,
  identities: readonly string[],
): AsyncGenerator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]();
  const { header, nonce, rest } = await splitHeader(iterator);
  const key = payloadKey(await fileKeyOf(header, identities), nonce);
  yield* decryptPayload(following(rest, iterator), key);
}

async function* following(first: Uint8Array, iterator: AsyncIterator<Uint8Array>) {
  try {
    yield first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    // Closes the source if the payload is damaged halfway.
    await iterator.return?.();
  }
}

/** Reads up to the end of the header, a line that begins with three hyphens, and the nonce that follows. */
async function splitHeader(iterator: AsyncIterator<Uint8Array>) {
  let head = Buffer.alloc(0);
  for (;;) {
    const line = head.indexOf("\n--- ");
    const end = line < 0 ? -1 : head.indexOf("\n", line + 1);
    if (end >= 0 && head.length > end + NONCE_BYTES) {
      const payload = end + 1 + NONCE_BYTES;
      return {
        header: head.subarray(0, end + 1),
        nonce: head.subarray(end + 1, payload),
        rest: head.subarray(payload),
      };
    }
    const next = await iterator.next();
    if (next.done || (end < 0 && head.length > HEADER_BYTES_AT_MOST))
      throw new DamageError("The encrypted file is damaged or cut: it has no whole age header.");
    head = Buffer.concat([head, next.value]);
  }
}

async function fileKeyOf(header: Uint8Array, identities: readonly string[]): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith("no identity matched"))
      throw new BackupError(
        "The backup is encrypted for other keys than this identity. The manifest lists them under `recipients`.",
      );
    throw new DamageError(`The header of the encrypted file is damaged: ${message}.`);
  }
}
