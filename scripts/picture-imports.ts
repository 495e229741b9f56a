/** `npm run -s picture:imports [-- migrator]`: prints the rooms of `lib` and their imports, or those of the migrator, in Mermaid. */
import { importsPicture } from "./imports-picture";

process.stdout.write(importsPicture(process.argv[2] === "migrator" ? "migrator" : "lib"));
