import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { ConfigError } from "../lib/stages/config-error";
import { pinImage } from "../lib/stages/pin";

const USAGE = "Usage: npm run pin -- <repository:tag@sha256:…>…";
const IMAGES = path.join(__dirname, "..", "lib", "stages", "images.ts");

/** `npm run pin -- <repository:tag@sha256:…>…`: records what staging and prod run. */
function main(references: readonly string[]): number {
  const help = references.some((text) => text === "--help" || text === "-h");
  if (help || references.length === 0) {
    (help ? console.log : console.error)(USAGE);
    return help ? 0 : 2;
  }
  try {
    writeFileSync(IMAGES, references.reduce(pinImage, readFileSync(IMAGES, "utf8")));
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof ConfigError) && code === undefined) throw error;
    console.error(code === undefined ? message : `${IMAGES} cannot be rewritten (${code}). Make it yours to write.`);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
