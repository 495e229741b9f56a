import { BackupError, type Manifest } from "../../backup";
import type { Shelf } from "./shelf";

export interface Choice {
  /** Id or number. @default the newest */
  readonly backup?: string;
  /** The newest backup of that time or before. */
  readonly at?: Date;
}

/** Finds the wanted backup, by the database's own time. @throws BackupError if there is none */
export async function chooseBackup(shelf: Shelf, { backup, at }: Choice): Promise<Manifest> {
  const committed = (await shelf.list()).filter((one) => one.committed);
  const [newest] = committed;
  if (!newest) throw new BackupError(`There is no backup in ${shelf.name}.`);
  if (backup !== undefined) {
    const found = committed.filter(({ id, number }) => id === backup || String(number) === backup);
    if (found[0] && found.length === 1) return await shelf.manifest(found[0].id);
    const known = committed.slice(0, 5).map(({ id }) => id);
    throw new BackupError(
      `${found.length === 0 ? "No backup" : "More than one backup"} is ${backup}. The newest are ${known.join(", ")}.`,
    );
  }
  if (at === undefined) return await shelf.manifest(newest.id);
  for (const { id } of committed) {
    const manifest = await shelf.manifest(id);
    if (Date.parse(manifest.databaseTime) <= at.getTime()) return manifest;
  }
  throw new BackupError(
    `No backup in ${shelf.name} is as old as ${at.toISOString()}. The oldest is ${committed.at(-1)?.id}.`,
  );
}
