import { readFileSync } from "node:fs";
import * as path from "node:path";

/** A statement of this folder. */
export const sql = (file: string): string => readFileSync(path.join(__dirname, file), "utf8");
