import { isAscii } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";

/** A bundle as one function of what Node gives to a module. */
export interface Program {
  readonly script: Script;
  start(): void;
}

/** Where the code that V8 made of a bundle lies. */
export const codeCacheOf = (file: string): string => `${file}.cache`;

/**
 * The end of a code cache. V8 compares its own version without the patches that Node adds to it: 20.19 crashes with what 20.20 made.
 */
const STAMP = Buffer.from(`${process.versions.v8} ${process.arch}`);

/** Keeps the code that V8 has made of a bundle so far. */
export function writeCodeCache(file: string, { script }: Program): void {
  writeFileSync(codeCacheOf(file), Buffer.concat([script.createCachedData(), STAMP]));
}

/** V8's options for a bundle. What a code cache was made with is part of what it fits. */
const V8_OPTIONS: Readonly<Record<string, string>> = {
  // A run of a second is mostly waiting. Room for more garbage than V8 begins with would be a tenth of its memory. What V8 optimizes
  // beside it pays for a file of megabytes alone: it is to do so a good deal later than by itself. Later V8s have no such option.
  "migrate.js": `--semi-space-growth-factor=1${process.version.startsWith("v20.") ? " --interrupt-budget=4000000" : ""}`,
  // It is over before what V8 optimizes beside it has paid: a quarter of its processor time.
  "synth.bundle.js": "--no-turbofan",
};

/**
 * The bundle in `file`, compiled; with the code cache beside it in a tenth of the time. V8 compares the cache with its own flags
 * and with the length of the text, and compiles anew where it does not fit.
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
 * Its first line is for the shell. Two slashes in its place keep every position. The build leaves nothing but ASCII in a bundle, which is
 * read in a tenth of the time.
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
    // Without it the start takes longer, and nothing else is different.
    return {};
  }
}
