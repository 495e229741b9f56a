import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { chunksOf } from "../chunks";
import { DamageError } from "../errors";

/**
 * The payload of age's format, https://age-encryption.org/v1: ChaCha20-Poly1305 over chunks of 64 KiB. Node's own cipher
 * is ten times as fast as age-encryption's, which is JavaScript. Headers and keys are age-encryption's.
 */
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
export const NONCE_BYTES = 16;
const CIPHER = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };

/** Derives the payload's key from the file's key. */
export const payloadKey = (fileKey: Uint8Array, nonce: Uint8Array) =>
  new Uint8Array(hkdfSync("sha256", fileKey, nonce, "payload", 32));

export async function* encryptPayload(plain: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  let counter = 0;
  for await (const { bytes, last } of chunksOf(plain, CHUNK_BYTES)) {
    const cipher = createCipheriv(CIPHER, key, nonceOf(counter++, last), OPTIONS);
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/** @throws DamageError if the input is cut, changed or too long */
export async function* decryptPayload(input: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  let counter = 0;
  for await (const { bytes, last } of chunksOf(input, CHUNK_BYTES + TAG_BYTES)) {
    const end = bytes.length - TAG_BYTES;
    // Only an empty file ends with an empty chunk.
    if (end < 0 || (end === 0 && counter > 0)) throw damaged(counter);
    const decipher = createDecipheriv(CIPHER, key, nonceOf(counter, last), OPTIONS);
    decipher.setAuthTag(bytes.subarray(end));
    const plain = decipher.update(bytes.subarray(0, end));
    try {
      decipher.final();
    } catch {
      // OpenSSL gives no reason: the tag is wrong.
      throw damaged(counter);
    }
    counter++;
    yield plain;
  }
}

const damaged = (chunk: number) =>
  new DamageError(`The encrypted file is damaged or cut in its 64 KiB chunk ${chunk + 1}: it does not decrypt.`);

/** Eleven bytes count the chunks; the twelfth marks the last. */
function nonceOf(counter: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(counter, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
