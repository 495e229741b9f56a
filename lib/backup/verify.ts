import { DamageError } from "./errors";
import { difference, Hashed } from "./hashed";
import { dumpKey } from "./keys";
import type { Manifest } from "./manifest";
import { findBackup, readManifest } from "./store/backups";
import type { Store } from "./store/store";

/**
 * Reads a stored dump to its end and compares size and SHA-256 with the manifest. Needs no key.
 * @param asked an id, a number, or `newest`
 * @throws DamageError
 */
export async function verify(store: Store, asked: string): Promise<Manifest> {
  const { id } = await findBackup(store, asked);
  const manifest = await readManifest(store, id);
  for await (const _ of verifiedDump(store, manifest));
  return manifest;
}

/** Passes the stored dump on, and ends with an error if it differs from the manifest. */
export async function* verifiedDump(store: Store, { id, encrypted }: Manifest): AsyncGenerator<Uint8Array> {
  const hashed = new Hashed(store.read(dumpKey(id)));
  yield* hashed;
  const wrong = difference(hashed.fingerprint, encrypted);
  if (wrong)
    throw new DamageError(`${dumpKey(id)} in ${store.name} ${wrong}. Do not use this backup; take the one before it.`);
}
