import { statfs } from "node:fs/promises";
import { BackupError, codeOf } from "../errors";

/** Explains an error of the file system; returns any other error as it is. */
export async function volumeError(error: unknown, folder: string): Promise<unknown> {
  const code = codeOf(error);
  if (error instanceof BackupError || code === undefined) return error;
  const explain = EXPLANATIONS[code];
  return explain === undefined ? error : new BackupError(`${explain(folder)}${await room(code, folder)} (${code})`);
}

const FULL = (folder: string) =>
  `The volume of backups at ${folder} is full, so nothing more was stored; what was there is untouched. Enlarge it, or remove backups that \`backup list\` shows.`;
const EXPLANATIONS: Readonly<Record<string, (folder: string) => string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  ENOENT: (folder) => `There is no folder ${folder}. Mount the volume of backups there.`,
  ENOTDIR: (folder) => `${folder} is no folder. Mount the volume of backups there.`,
  EACCES: (folder) => `This user may not use the folder ${folder}. In a pod, fsGroup gives the volume to its group.`,
  EROFS: (folder) =>
    `The volume of backups at ${folder} is read-only. A failed disk is often remounted so: look into the node's log.`,
  EIO: (folder) =>
    `The disk of the volume of backups at ${folder} reports an error. Look into the node's log, and do not trust what is on it.`,
  EPERM: (folder) =>
    `The file system of ${folder} refuses a hard link, with which backups are put in place. Use a file system that has them.`,
  ENOTSUP: (folder) =>
    `The file system of ${folder} has no hard links, with which backups are put in place. Use one that has them.`,
};

async function room(code: string, folder: string): Promise<string> {
  if (code !== "ENOSPC" && code !== "EDQUOT") return "";
  const { bavail, blocks, bsize } = await statfs(folder);
  return ` ${bavail * bsize} of ${blocks * bsize} bytes are free.`;
}
