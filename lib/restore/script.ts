import { readFileSync } from "node:fs";
import * as path from "node:path";
import { withVariables } from "../constructs/shell-script";

/** A script of this folder, after assignments of its variables. */
export const script = (file: string, variables: Readonly<Record<string, string>>): string =>
  withVariables(readFileSync(path.join(__dirname, file), "utf8"), variables);
