/** An object of a store. */
export interface StoredObject {
  /** Path below the store's root, e.g. `000042-20261130T081500Z/dump.age`. */
  readonly key: string;
  readonly bytes: number;
}

/** The contents of an object that is about to be stored. */
export interface Body {
  /** Expected size. Parts are made large enough for it. */
  readonly bytes: number;
  /** Begins anew at each call. Throws if the source turns out to be damaged; then nothing is stored. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A place of backups: a folder of a volume, or a prefix of a bucket. */
export interface Store {
  /** Names the place in messages. */
  readonly name: string;
  /** Every object, in no particular order. */
  list(): Promise<readonly StoredObject[]>;
  /** Creates an object, whole or not at all. Returns false, and changes nothing, if the key is taken. */
  create(key: string, body: Body): Promise<boolean>;
  /** @throws MissingError */
  read(key: string): AsyncIterable<Uint8Array>;
}

/** A body that is in memory. */
export function textBody(text: string): Body {
  const bytes = Buffer.from(text);
  return {
    bytes: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}

/** Reads a small object. @throws MissingError */
export async function readText(store: Store, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
