import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { encrypt, encryptedBytesAtMost } from "./age";
import { BackupError, codeOf, DamageError } from "./errors";
import { difference, Hashed } from "./hashed";
import { idOf } from "./id";
import { dumpKey, manifestKey } from "./keys";
import { type Contents, type Manifest, parseContents } from "./manifest";
import { backupsOf, nextNumber } from "./store/backups";
import { type Store, textBody } from "./store/store";

export interface ShipOptions {
  /** Folder with `dump.pgc` and `contents.json`. */
  readonly work: string;
  readonly store: Store;
  /** Name of the stage, for the manifest. */
  readonly stage: string;
  /** Public keys of age. */
  readonly recipients: readonly string[];
  readonly now: () => Date;
}

/** Another run at the same second may take a number first. Ten in a row are something else. */
const NUMBERS_TRIED = 10;
const READ_BYTES = 1 << 20;

/** Encrypts and stores a dump, then its manifest. Whatever stops it before the manifest leaves no backup. */
export async function ship(options: ShipOptions): Promise<Manifest> {
  const { store } = options;
  const contents = await readContents(options.work);
  await requireSize(options.work, contents);
  const first = nextNumber(backupsOf(await store.list()));
  for (let number = first; number < first + NUMBERS_TRIED; number++) {
    const manifest = await shipAs(number, contents, options);
    if (manifest) return manifest;
  }
  throw new BackupError(
    `Each of the numbers ${first} to ${first + NUMBERS_TRIED - 1} is taken in ${store.name}, though none was when the run began. ` +
      "Look at what else writes there.",
  );
}

/** Returns undefined if the id is another run's. */
async function shipAs(number: number, contents: Contents, options: ShipOptions): Promise<Manifest | undefined> {
  const { store, stage, recipients, now } = options;
  const id = idOf(number, new Date(contents.startedAt));
  const dump = encryptedDump(contents, options);
  if (!(await store.create(dumpKey(id), dump))) return undefined;
  const manifest: Manifest = {
    format: 1,
    id,
    number,
    stage,
    finishedAt: now().toISOString(),
    ...contents,
    encrypted: dump.fingerprint(),
    recipients: [...recipients],
  };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  return (await store.create(manifestKey(id), textBody(text))) ? manifest : undefined;
}

function encryptedDump(contents: Contents, { work, recipients }: ShipOptions) {
  let hashed: Hashed | undefined;
  return {
    bytes: encryptedBytesAtMost(contents.dump.bytes, recipients.length),
    chunks() {
      hashed = new Hashed(encrypt(checkedDump(work, contents), recipients));
      return hashed;
    },
    fingerprint() {
      if (!hashed) throw new Error("The store took a dump without reading it");
      return hashed.fingerprint;
    },
  };
}

/** Ends with an error if the dump differs from its contents, before the store has all of it. */
async function* checkedDump(work: string, { dump }: Contents): AsyncGenerator<Uint8Array> {
  const hashed = new Hashed(createReadStream(dumpFile(work), { highWaterMark: READ_BYTES }));
  yield* hashed;
  const wrong = difference(hashed.fingerprint, dump);
  if (wrong) throw new DamageError(`${dumpFile(work)} ${wrong}. ${DAMAGED}`);
}

const DAMAGED = "The dump was damaged after it was written, so it was not stored. Another run dumps anew.";
const dumpFile = (work: string) => path.join(work, "dump.pgc");

async function readContents(work: string): Promise<Contents> {
  const file = path.join(work, "contents.json");
  return parseContents(await readFile(file, "utf8").catch((error) => unreadable(file, error)), file);
}

/** Tells a cut dump before anything is sent. */
async function requireSize(work: string, { dump }: Contents): Promise<void> {
  const file = dumpFile(work);
  const { size } = await stat(file).catch((error) => unreadable(file, error));
  if (size !== dump.bytes) throw new DamageError(`${file} has ${size} bytes instead of ${dump.bytes}. ${DAMAGED}`);
}

function unreadable(file: string, error: unknown): never {
  if (codeOf(error) === "ENOENT")
    throw new BackupError(`There is no ${file}: the dump did not finish. Its own log says why.`);
  throw error;
}
