/**
 * `write-code-cache.ts BUNDLE ARGUMENTS…`: runs a bundle, saves the code that V8 compiled, and ends with the bundle's
 * exit code.
 */
import * as path from "node:path";
import { loadProgram, writeCodeCache } from "./program";

const file = path.resolve(process.argv[2] ?? "");
process.argv.splice(1, 2, file);
const program = loadProgram(file);
process.on("exit", () => writeCodeCache(file, program));
program.start();
