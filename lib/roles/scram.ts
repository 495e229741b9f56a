import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Computes PostgreSQL's stored form of `password` (RFC 5803), so that neither the SQL nor the server's log ever holds
 * the password. `password` must be printable ASCII, which SASLprep does not change.
 */
export async function scramVerifier(password: string, iterations: number): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { storedKey, serverKey } = await keys(password, salt, iterations);
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}

/** Whether `password` matches `verifier`. False for null and MD5, which are to be replaced. */
export async function matchesVerifier(password: string, verifier: string | null): Promise<boolean> {
  const [, iterations, salt, storedKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):[^:]+$/.exec(verifier ?? "") ?? [];
  if (!iterations || !salt || !storedKey) return false;
  const stored = Buffer.from(storedKey, "base64");
  const ours = await keys(password, Buffer.from(salt, "base64"), Number(iterations));
  return stored.length === ours.storedKey.length && timingSafeEqual(stored, ours.storedKey);
}

async function keys(password: string, salt: Buffer, iterations: number) {
  const salted = await derive(password, salt, iterations, KEY_BYTES, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  return { storedKey: createHash("sha256").update(hmac("Client Key")).digest(), serverKey: hmac("Server Key") };
}
