import { randomBytes } from "node:crypto";
import { Encrypter } from "age-encryption";
import { encryptPayload, NONCE_BYTES, payloadKey } from "./payload";

/** Bytes after the header in the encryption of nothing: the nonce, and the tag of an empty chunk. */
const AFTER_HEADER = NONCE_BYTES + 16;

/** Encrypts for every recipient, in constant memory. `age -d` opens the result. */
export async function* encrypt(
  plain: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const { header, fileKey } = await newFile(recipients);
  const nonce = randomBytes(NONCE_BYTES);
  yield Buffer.concat([header, nonce]);
  yield* encryptPayload(plain, payloadKey(fileKey, nonce));
}

/** Upper limit of the encrypted size: the header has at most 200 bytes a recipient. */
export const encryptedBytesAtMost = (plainBytes: number, recipients: number): number =>
  plainBytes + 16 * Math.ceil((plainBytes + 1) / 65536) + 200 * (recipients + 1);

/** Takes header and key of an empty file. Its nonce is not used again. */
async function newFile(recipients: readonly string[]) {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  let fileKey = new Uint8Array();
  // A recipient without a stanza of its own only sees the key.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key.slice();
      return [];
    },
  });
  const file = await encrypter.encrypt(new Uint8Array());
  return { header: file.subarray(0, file.length - AFTER_HEADER), fileKey };
}

/** Finds recipients that nothing can be encrypted for. Debian's `age` knows keys of X25519 alone. */
export async function recipientProblems(recipients: readonly string[]): Promise<string[]> {
  const problems = await Promise.all(
    recipients.map(async (recipient) => {
      try {
        if (!/^age1(?!pq1|tag1|tagpq1)/.test(recipient)) throw new Error("it does not begin with age1");
        await newFile([recipient]);
        return "";
      } catch (error) {
        return `${JSON.stringify(recipient)} is no public key of age (${(error as Error).message}). It looks like age1ql3z7hjy54…, 62 characters, as age-keygen prints it.`;
      }
    }),
  );
  return problems.filter(Boolean);
}
