import { isAscii } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";

/** A bundle, compiled to one function with a module's usual parameters. */
export interface Program {
  readonly script: Script;
  start(): void;
}

/** Path of a bundle's code cache. */
export const codeCacheOf = (file: string): string => `${file}.cache`;

/** Ends a code cache, and says which V8 it fits. V8 ignores Node's patches: 20.19 crashes with a cache of 20.20. */
const STAMP = Buffer.from(`${process.versions.v8} ${process.arch}`);

/** Saves the code that V8 has compiled of a bundle so far. */
export function writeCodeCache(file: string, { script }: Program): void {
  writeFileSync(codeCacheOf(file), Buffer.concat([script.createCachedData(), STAMP]));
}

/** V8's options for a bundle. A code cache only fits the options that it was made with. */
const V8_OPTIONS: Readonly<Record<string, string>> = {
  // Keeps V8 from growing its young heap, which would cost a tenth of the memory: a run of a second mostly waits.
  // Delays V8's optimizer, which pays off only for a file of megabytes. Later V8s have no such option.
  "migrate.js": `--semi-space-growth-factor=1${process.version.startsWith("v20.") ? " --interrupt-budget=4000000" : ""}`,
  // Turns the optimizer off: synth ends before it pays off, and it takes a quarter of the processor time.
  "synth.bundle.js": "--no-turbofan",
};

/**
 * Compiles the bundle in `file`. The code cache beside it saves nine tenths of the time. V8 compares the cache with its
 * flags and the text's length, and compiles anew if they differ.
 */
export function loadProgram(file: string): Program {
  const options = V8_OPTIONS[path.basename(file)];
  if (options) setFlagsFromString(options);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${bodyOf(file)}\n})`, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...cached(file),
  });
  const start = () => {
    const exports = {};
    script.runInThisContext().call(exports, exports, createRequire(file), { exports }, file, path.dirname(file));
  };
  return { script, start };
}

/**
 * Reads a bundle and turns its first line, which is for the shell, into a comment of the same length. The build makes
 * bundles pure ASCII, which reads in a tenth of the time.
 */
function bodyOf(file: string): string {
  const bytes = readFileSync(file);
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8").replace(/^#!/, "//");
}

function cached(file: string): { cachedData?: Buffer } {
  try {
    const bytes = readFileSync(codeCacheOf(file));
    return bytes.subarray(-STAMP.length).equals(STAMP) ? { cachedData: bytes.subarray(0, -STAMP.length) } : {};
  } catch {
    // Starts without the cache, which only takes longer.
    return {};
  }
}
