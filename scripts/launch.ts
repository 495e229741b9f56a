/** Starts the bundle in its own folder. Becomes `build/migrate`, the image's command, and `build/synth.js`. */
import * as path from "node:path";
import { loadProgram } from "./program";

/** Name of the bundle. The build fills it in. */
declare const BUNDLE: string;

loadProgram(path.join(__dirname, BUNDLE)).start();
