import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { commandLine, parseCommandLine } from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";
import { ConfigError } from "../lib/stages/config-error";
import { pinImage } from "../lib/stages/pin";

const IMAGES = path.join(__dirname, "..", "lib", "stages", "images.ts");
const COMMAND_LINE = commandLine({
  name: "pin",
  start: "npm run pin --",
  description: "Records in lib/stages/images.ts what staging and prod run.",
  options: {},
  operands: [
    {
      name: "IMAGES",
      shown: "<repository:tag@sha256:…>…",
      help: "Images by tag and digest, each as its registry has it.",
      many: true,
    },
  ],
});

/** `npm run pin -- <repository:tag@sha256:…>…`: returns the exit code. */
function pin(references: readonly string[]): number {
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

runProgram(
  COMMAND_LINE,
  () => parseCommandLine(COMMAND_LINE, process.argv.slice(2)),
  ({ IMAGES: references }) => pin(references),
).then((code) => {
  process.exitCode = code;
});
