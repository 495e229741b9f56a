import { readFileSync } from "node:fs";
import * as path from "node:path";

const textOf = (file: string) => readFileSync(path.join(__dirname, file), "utf8");

/** The shell that runs in pods, as it stands in this folder. In a bundle the texts themselves are in this module's place. */
export const SCRIPTS = {
  "postgres-reloader": textOf("postgres-reloader.sh"),
  "postgres-supervisor": textOf("postgres-supervisor.sh"),
};
