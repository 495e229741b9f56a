/** Starts the bundle beside it: becomes `build/migrate`, the command in the image, and `build/synth.js`. */
import * as path from "node:path";
import { loadProgram } from "./program";

/** Name of the bundle, which the build puts here. */
declare const BUNDLE: string;

loadProgram(path.join(__dirname, BUNDLE)).start();
