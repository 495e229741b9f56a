import { randomBytes } from "node:crypto";
import { Decrypter, Encrypter } from "age-encryption";
import { decrypt, encrypt, encryptedBytesAtMost } from "../../lib/backup/age";
import { chunksOf } from "../../lib/backup/chunks";
import { makeKeys } from "../support/backup/work";

const CHUNK = 64 * 1024;

/** Gives bytes in pieces of uneven sizes. */
async function* inPieces(bytes: Uint8Array) {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 30_011)
    yield bytes.subarray(at, at + size);
}
async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

let people: Awaited<ReturnType<typeof makeKeys>>;
let drill: Awaited<ReturnType<typeof makeKeys>>;
beforeAll(async () => {
  [people, drill] = await Promise.all([makeKeys(), makeKeys()]);
});
const encrypted = (plain: Uint8Array) => whole(encrypt(inPieces(plain), [people.recipient, drill.recipient]));
const decrypted = (cipher: Uint8Array, { identity } = people) => whole(decrypt(inPieces(cipher), [identity]));

describe.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])("%d bytes", (size) => {
  const plain = randomBytes(size);

  test("are opened by either key, and by age-encryption itself", async () => {
    const cipher = await encrypted(plain);
    expect(cipher.length).toBeLessThanOrEqual(encryptedBytesAtMost(size, 2));
    expect((await decrypted(cipher)).equals(plain)).toBe(true);
    expect((await decrypted(cipher, drill)).equals(plain)).toBe(true);
    const decrypter = new Decrypter();
    decrypter.addIdentity(people.identity);
    expect(plain.equals(await decrypter.decrypt(cipher))).toBe(true);
  });

  test("of age-encryption are opened, too", async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(people.recipient);
    expect((await decrypted(await encrypter.encrypt(plain))).equals(plain)).toBe(true);
  });

  test("are refused when cut anywhere", async () => {
    const cipher = await encrypted(plain);
    const cuts = [0, 1, 100, cipher.length - 17, cipher.length - 16, cipher.length - 1, cipher.length - CHUNK - 16];
    for (const cut of cuts.filter((at) => at >= 0))
      await expect(decrypted(cipher.subarray(0, cut))).rejects.toThrow(/damaged/);
  });

  test("are refused with bytes after their end", async () => {
    await expect(decrypted(Buffer.concat([await encrypted(plain), randomBytes(20)]))).rejects.toThrow(/damaged/);
  });
});

test("two files of the same contents differ", async () => {
  expect((await encrypted(Buffer.from("same"))).equals(await encrypted(Buffer.from("same")))).toBe(false);
});

test("chunks are of one size but for the last, which is marked", async () => {
  const sizes: [number, boolean][] = [];
  for await (const { bytes, last } of chunksOf(inPieces(randomBytes(2_500)), 1_000)) sizes.push([bytes.length, last]);
  expect(sizes).toEqual([
    [1_000, false],
    [1_000, false],
    [500, true],
  ]);
});
