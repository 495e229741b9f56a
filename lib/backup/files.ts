import { type FileHandle, open } from "node:fs/promises";

/** Makes the names in a folder last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a new file whole, and makes its contents last through a power cut. */
export async function writeSynced(file: string, chunks: AsyncIterable<Uint8Array>, mode = 0o640): Promise<void> {
  const handle = await open(file, "wx", mode);
  try {
    for await (const chunk of chunks) await writeAll(handle, chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A full disk may take a part of a chunk. The next write then tells. */
async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
}
