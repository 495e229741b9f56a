import { BackupError, DamageError, MissingError } from "../errors";
import { parseId } from "../id";
import { DRILL_NAME, DUMP_NAME, MANIFEST_NAME, manifestKey } from "../keys";
import { type Manifest, parseManifest } from "../manifest";
import { readText, type Store, type StoredObject } from "./store";

/** A backup, or the remains of one, as the names of its objects tell. */
export interface Backup {
  readonly id: string;
  readonly number: number;
  /** Start of the dump by the clock of its node. */
  readonly startedAt: Date;
  /** Whether it has a manifest. Without one it is no backup. */
  readonly committed: boolean;
  /** Size of the encrypted dump; undefined if there is none. */
  readonly bytes: number | undefined;
  /** Keys of the results of drills, oldest first. */
  readonly drills: readonly string[];
}

/** Groups objects by backup, newest first. Objects of anything else are left out. */
export function backupsOf(objects: readonly StoredObject[]): Backup[] {
  const byId = new Map<string, StoredObject[]>();
  for (const object of objects) {
    const [id = ""] = object.key.split("/", 1);
    const others = byId.get(id);
    if (others) others.push(object);
    else byId.set(id, [object]);
  }
  return [...byId]
    .flatMap(([id, its]) => {
      const parts = parseId(id);
      return parts ? [{ id, ...parts, ...stateOf(id, its) }] : [];
    })
    .sort((a, b) => b.number - a.number || (a.id < b.id ? 1 : -1));
}

function stateOf(id: string, objects: readonly StoredObject[]) {
  const names = new Map(objects.map(({ key, bytes }) => [key.slice(id.length + 1), bytes]));
  const drills = [...names.keys()].filter((name) => DRILL_NAME.test(name)).sort();
  return {
    committed: names.has(MANIFEST_NAME),
    bytes: names.get(DUMP_NAME),
    drills: drills.map((name) => `${id}/${name}`),
  };
}

/** The number of the next backup: larger than of anything that was begun. */
export const nextNumber = (backups: readonly Backup[]): number =>
  Math.max(0, ...backups.map(({ number }) => number)) + 1;

/** Finds a backup by its id, its number, or the word `newest`. @throws MissingError */
export async function findBackup(store: Store, asked: string): Promise<Backup> {
  const backups = backupsOf(await store.list());
  const committed = backups.filter((backup) => backup.committed);
  const [newest] = committed;
  if (!newest) throw new MissingError(`There is no backup in ${store.name}.`);
  if (asked === "newest") return newest;
  const found = committed.filter(({ id, number }) => id === asked || String(number) === String(Number(asked)));
  const [backup, second] = found;
  if (second)
    throw new BackupError(
      `Two backups have the number ${asked}: ${found.map(({ id }) => id).join(", ")}. Name one by its id.`,
    );
  if (backup) return backup;
  const begun = backups.some(({ id }) => id === asked);
  throw new MissingError(
    begun
      ? `${asked} in ${store.name} has no manifest: its run did not finish, so it is no backup. The newest is ${newest.id}.`
      : `There is no backup ${asked} in ${store.name}. The newest is ${newest.id}; \`backup list\` shows all.`,
  );
}

/** Reads a backup's manifest. @throws DamageError if it is another backup's */
export async function readManifest(store: Store, id: string): Promise<Manifest> {
  const source = `${manifestKey(id)} in ${store.name}`;
  const manifest = parseManifest(await readText(store, manifestKey(id)), source);
  if (manifest.id !== id) throw new DamageError(`${source} is the manifest of ${manifest.id}.`);
  return manifest;
}
