import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, readdir, rm, stat, unlink } from "node:fs/promises";
import * as path from "node:path";
import { codeOf, MissingError } from "../errors";
import { syncFolder, writeSynced } from "../files";
import { MANIFEST_NAME } from "../keys";
import type { Body, Store, StoredObject } from "../store/store";
import { volumeError } from "./failure";

const READ_BYTES = 1 << 20;

/** Backups in a folder. An object appears under its name only when it is whole and on the disk. */
export class VolumeStore implements Store {
  readonly name: string;

  constructor(readonly folder: string) {
    this.name = `volume ${folder}`;
  }

  async list(): Promise<readonly StoredObject[]> {
    const folders = await this.#tell(readdir(this.folder, { withFileTypes: true }));
    const objects = folders.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
    return (await Promise.all(objects.map(({ name }) => this.#objectsOf(name)))).flat();
  }

  async create(key: string, body: Body): Promise<boolean> {
    const file = path.join(this.folder, key);
    const folder = path.dirname(file);
    const draft = path.join(folder, `.${path.basename(file)}.${randomUUID()}`);
    try {
      await this.#makeFolder(folder);
      await writeSynced(draft, body.chunks());
      const created = await linkNew(draft, file);
      await unlink(draft);
      await syncFolder(folder);
      return created;
    } catch (error) {
      await rm(draft, { force: true });
      throw await volumeError(error, this.folder);
    }
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(path.join(this.folder, key), { highWaterMark: READ_BYTES });
    } catch (error) {
      if (codeOf(error) === "ENOENT") throw new MissingError(`${this.name} has no ${key}.`);
      throw await volumeError(error, this.folder);
    }
  }

  /** Removes a backup. The manifest goes first, so that no half of it ever looks whole. */
  async remove(id: string): Promise<void> {
    const folder = path.join(this.folder, id);
    await this.#tell(rm(path.join(folder, MANIFEST_NAME), { force: true }));
    await this.#tell(syncFolder(folder).catch(noneIfGone));
    await this.#tell(rm(folder, { recursive: true, force: true }));
  }

  async #objectsOf(id: string): Promise<StoredObject[]> {
    const names = await this.#tell(readdir(path.join(this.folder, id)).catch(noneIfGone));
    const objects = names.map(async (name) => {
      const found = await stat(path.join(this.folder, id, name)).catch(noneIfGone);
      return "size" in found ? [{ key: `${id}/${name}`, bytes: found.size }] : [];
    });
    // The folder itself counts, too: its number is taken.
    return [{ key: `${id}/`, bytes: 0 }, ...(await this.#tell(Promise.all(objects))).flat()];
  }

  async #makeFolder(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true, mode: 0o750 });
    if (made !== undefined) await syncFolder(path.dirname(made));
  }

  async #tell<Result>(result: Promise<Result>): Promise<Result> {
    return result.catch(async (error) => {
      throw await volumeError(error, this.folder);
    });
  }
}

/** Gives a file its name, unless that is taken. A rename would replace the other's file. */
async function linkNew(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Another run may have removed it meanwhile. */
function noneIfGone(error: unknown): never[] {
  if (codeOf(error) === "ENOENT") return [];
  throw error;
}
