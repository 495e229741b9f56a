import { writeFile } from "node:fs/promises";
import { BackupError } from "../../backup";

export interface KeygenOptions {
  /** A new file for the private key. @default it is printed */
  readonly to?: string;
  readonly make: () => Promise<{ readonly recipient: string; readonly identity: string }>;
  readonly say: (line: string) => void;
}

/** Makes a key pair of age and says where each half goes. @throws BackupError if the file is there already */
export async function keygen({ to, make, say }: KeygenOptions): Promise<void> {
  const { recipient, identity } = await make();
  const text = `# public key: ${recipient}\n${identity}\n`;
  if (to === undefined) say(text);
  else {
    // `wx` refuses a file that is there, which may be the only key to somebody's backups.
    await writeFile(to, text, { flag: "wx", mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EEXIST"
          ? "is there already, and may be the only key to backups"
          : `cannot be made (${error.code})`;
      throw new BackupError(`${to} ${why}. Name a new file.`);
    });
    say(`private key: ${to}`);
  }
  say(`public key:  ${recipient}\n\n${WHERE}`);
}

const WHERE = `A key of people: put the public key into backup.recipients.people in lib/stages/<stage>.ts. Keep the private key offline, in two
places: without it nobody can open the backups. It never goes into the cluster.
The drill's key: make another pair. Its public key is backup.recipients.drill; the private key is the property "identity" of
drill-key in the stage's store.`;
