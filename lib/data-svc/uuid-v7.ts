import { randomBytes } from "node:crypto";

/**
 * Makes a UUID of version 7 by RFC 9562, as the database's `uuid_v7()` does: new ones come after old ones, so that an
 * index grows at one end. It holds the milliseconds of this clock, then the version, then 74 random bits.
 */
export function uuidV7(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
