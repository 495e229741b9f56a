import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { PATHS } from "../../contract";
import { BackupError, codeOf } from "../errors";

/** Keys of an S3 user. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only of temporary keys. */
  readonly sessionToken?: string;
}

/** Reads the keys: of the environment on a person's machine, of mounted files in a pod. */
export async function readCredentials(environment: Readonly<Record<string, string | undefined>>): Promise<Credentials> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  if (accessKeyId || secretAccessKey)
    throw new BackupError(
      "Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set. Set both, or neither to read files.",
    );
  const folder = environment.STORE_DIR || PATHS.store;
  return {
    accessKeyId: await keyIn(folder, "access-key-id"),
    secretAccessKey: await keyIn(folder, "secret-access-key"),
  };
}

async function keyIn(folder: string, name: string): Promise<string> {
  const file = path.join(folder, name);
  const text = await readFile(file, "utf8").catch((error) => {
    throw new BackupError(
      `The S3 key ${file} cannot be read (${codeOf(error)}). Mount the Secret of the store there, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
    );
  });
  if (text.trim() === "") throw new BackupError(`The S3 key ${file} is empty.`);
  return text.trim();
}
