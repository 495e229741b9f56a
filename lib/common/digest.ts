import { createHash } from "node:crypto";

/**
 * The first `length` hexadecimal digits of the SHA-256 of `parts`. Their boundaries count: `["ab"]` and `["a", "b"]`
 * differ.
 */
export function digest(parts: readonly string[], length = 16): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, length);
}
