import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { ConfigError } from "../lib/stages/check";
import { pinImage } from "../lib/stages/pin";

const IMAGES = path.join(__dirname, "..", "lib", "stages", "images.ts");

/** `npm run pin -- <repository:tag@sha256:…>…`: records what staging and prod run. */
function main(references: readonly string[]): number {
  if (references.length === 0) {
    console.error("Usage: npm run pin -- <repository:tag@sha256:…>…");
    return 2;
  }
  try {
    writeFileSync(IMAGES, references.reduce(pinImage, readFileSync(IMAGES, "utf8")));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
