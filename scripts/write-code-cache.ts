/** `write-code-cache.ts BUNDLE ARGUMENTS…`: runs a bundle, and keeps the code that V8 has made of what was used. */
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { codeCacheOf, loadProgram } from "./program";

const file = path.resolve(process.argv[2] ?? "");
process.argv.splice(1, 2, file);
const program = loadProgram(file);
process.on("exit", () => {
  writeFileSync(codeCacheOf(file), program.script.createCachedData());
  // How the run ended is of no interest: there was nothing to connect to.
  process.exitCode = 0;
});
program.start();
