import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { draftOf } from "../common/drafts";
import { decrypt } from "./age";
import { DamageError } from "./errors";
import { writeSynced } from "./files";
import { difference, Hashed } from "./hashed";
import type { Manifest } from "./manifest";
import { findBackup, readManifest } from "./store/backups";
import type { Store } from "./store/store";
import { verifiedDump } from "./verify";

export interface FetchOptions {
  readonly store: Store;
  /** An id, a number, or `newest`. */
  readonly asked: string;
  /** Private keys of age. */
  readonly identities: readonly string[];
  /** Folder for `dump.pgc` and `manifest.json`. */
  readonly to: string;
}

/** Fetches and decrypts a backup. The dump gets its name only when both hashes are right; the manifest comes first. */
export async function fetchBackup({ store, asked, identities, to }: FetchOptions): Promise<Manifest> {
  const { id } = await findBackup(store, asked);
  const manifest = await readManifest(store, id);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const dump = path.join(to, "dump.pgc");
  // An earlier backup's dump must not lie beside this one's manifest.
  await rm(dump, { force: true });
  // First, since a drill reports a damaged dump beside its backup, too.
  await writeManifest(path.join(to, "manifest.json"), manifest);
  const draft = draftOf(dump);
  try {
    await writeSynced(draft, plainDump(store, manifest, identities), 0o600);
    await rename(draft, dump);
  } finally {
    await rm(draft, { force: true });
  }
  return manifest;
}

async function* plainDump(store: Store, manifest: Manifest, identities: readonly string[]): AsyncGenerator<Uint8Array> {
  const hashed = new Hashed(decrypt(verifiedDump(store, manifest), identities));
  yield* hashed;
  const wrong = difference(hashed.fingerprint, manifest.dump);
  if (wrong)
    throw new DamageError(
      `The dump of ${manifest.id} ${wrong} after decryption. Do not use this backup; take the one before it.`,
    );
}

async function writeManifest(file: string, manifest: Manifest): Promise<void> {
  const draft = draftOf(file);
  await writeFile(draft, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rename(draft, file);
}
