/** `write-code-cache.ts BUNDLE ARGUMENTS…`: runs a bundle, keeps the code that V8 has made of what was used, and ends as the bundle did. */
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { codeCacheOf, loadProgram } from "./program";

const file = path.resolve(process.argv[2] ?? "");
process.argv.splice(1, 2, file);
const program = loadProgram(file);
process.on("exit", () => writeFileSync(codeCacheOf(file), program.script.createCachedData()));
program.start();
