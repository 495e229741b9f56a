import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Contents } from "../../../lib/backup";

/** What a dump leaves: its work folder, as the first container of a backup's pod makes it. */
export interface Work {
  readonly folder: string;
  readonly dump: Buffer;
  readonly contents: Contents;
}

export interface WorkOptions {
  readonly bytes?: number;
  readonly startedAt?: string;
  readonly databaseTime?: string;
}

/** Makes a work folder with random bytes in place of a dump. */
export async function makeWork(folder: string, options: WorkOptions = {}): Promise<Work> {
  const { bytes = 300_000, startedAt = "2026-11-30T08:15:00Z", databaseTime = startedAt } = options;
  const dump = randomBytes(bytes);
  const contents: Contents = {
    startedAt,
    database: "diabrisk",
    serverVersion: "16.14",
    systemIdentifier: "7400000000000000001",
    databaseTime,
    schema: { version: 7, migrations: [{ name: "create_users", checksum: "0".repeat(64) }] },
    tables: [{ name: "public.users", rows: 2, hash: "-31" }],
    sequences: [{ name: "public.users_id_seq", value: "2", called: true }],
    dump: { bytes, sha256: createHash("sha256").update(dump).digest("hex") },
  };
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, "dump.pgc"), dump);
  await fs.writeFile(path.join(folder, "contents.json"), JSON.stringify(contents));
  return { folder, dump, contents };
}

/** A pair of keys of age. */
export async function makeKeys(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
