import type { Listed, Manifest } from "../../backup";

/** A stage's backups, as a person at this machine reads them. */
export interface Shelf {
  /** Names the place in messages. */
  readonly name: string;
  /** Newest first, with the remains of dead runs. */
  list(): Promise<readonly Listed[]>;
  /** @throws BackupError if there is no such backup */
  manifest(id: string): Promise<Manifest>;
  /** Reads a stored dump to its end. Returns a sentence. @throws BackupError, KubectlError if it is damaged */
  verify(id: string): Promise<string>;
  /** Ends what was started for reading. */
  close(): Promise<void>;
}
