import { writeFile } from "node:fs/promises";
import * as path from "node:path";

/** Makes a program of this name in a folder, from the text of a shell script. */
export const shellProgram = (folder: string, name: string, script: string) =>
  writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
