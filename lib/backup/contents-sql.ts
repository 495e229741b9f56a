import { readFileSync } from "node:fs";
import * as path from "node:path";

/**
 * SQL that counts and hashes a database, from contents.sql. Run it inside a transaction that is `repeatable read, read
 * only`. A bundle has the text instead of this module.
 */
export const CONTENTS_SQL = readFileSync(path.join(__dirname, "contents.sql"), "utf8");
