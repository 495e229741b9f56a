import * as fs from "node:fs";
import * as path from "node:path";
import { draftOf, sweepDrafts } from "../common/drafts";

/** One file for `kubectl apply`. */
export interface ManifestFile {
  /** Path relative to the output folder, e.g. `"dev/0003-database.k8s.yaml"`. */
  readonly path: string;
  readonly text: string;
}

/** Manifests that could not be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/**
 * Writes all files before it renames the first into place. So a concurrent reader never sees half a file, and a full
 * disk changes nothing. Then removes files of an older release, so that nobody applies them.
 * @throws OutputError
 */
export function writeManifests(directory: string, files: readonly ManifestFile[]): void {
  const texts = new Map(files.map((file) => [path.join(directory, file.path), file.text]));
  const folders = new Set([...texts.keys()].map((file) => path.dirname(file)));
  attempt(directory, "Nothing that was there has changed.", () => {
    for (const folder of folders) {
      fs.mkdirSync(folder, { recursive: true });
      sweepDrafts(folder);
    }
    writeDrafts(texts);
  });
  attempt(directory, "Some of what was there may have changed: synthesize again before applying.", () => {
    for (const file of texts.keys()) fs.renameSync(draftOf(file), file);
    for (const folder of folders) removeOthers(folder, texts);
  });
}

function writeDrafts(texts: ReadonlyMap<string, string>): void {
  try {
    // Dev's manifests hold its credentials.
    for (const [file, text] of texts) fs.writeFileSync(draftOf(file), text, { mode: 0o600 });
  } catch (error) {
    for (const file of texts.keys()) fs.rmSync(draftOf(file), { force: true });
    throw error;
  }
}

function removeOthers(folder: string, texts: ReadonlyMap<string, string>): void {
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name);
    if (name.endsWith(".yaml") && !texts.has(file)) fs.rmSync(file, { force: true });
  }
}

function attempt(directory: string, state: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code, message, path: file = directory } = error as NodeJS.ErrnoException;
    const remedy = code === "ENOSPC" ? "Free some space" : "Make it yours to write";
    throw new OutputError(
      `${file} cannot be written (${code ?? message}). ${state} ${remedy}, or name another folder in CDK8S_OUTDIR.`,
    );
  }
}
