/**
 * `npm run -s picture:imports [-- migrator]`: prints the imports between the rooms of `lib`, or of the migrator, in
 * Mermaid.
 */
import { importsPicture } from "./imports-picture";

process.stdout.write(importsPicture(process.argv[2] === "migrator" ? "migrator" : "lib"));
