/** Becomes `build/migrate`: the command in the image. `build/migrate.js` alone is the same program, and starts later. */
import * as path from "node:path";
import { loadProgram } from "./program";

loadProgram(path.join(__dirname, "migrate.js")).start();
