import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import type { Environment } from "./sources";

export interface Login {
  readonly host: string | undefined;
  readonly port: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
}

/**
 * Reads the password from libpq's file, PGPASSFILE or ~/.pgpass. node-postgres would do so too, with a deprecation
 * warning.
 * @throws Error if there is none, or if others may read the file
 */
export function passwordFromFile(environment: Environment, login: Login): string {
  const file = environment.PGPASSFILE || path.join(environment.HOME || homedir(), ".pgpass");
  const lines = readLines(file);
  const host = login.host ?? "localhost";
  // For a socket, libpq looks for its folder, or for localhost if it is the default folder.
  const hosts = host.startsWith("/") ? [host, "localhost"] : [host];
  const fields = [hosts, [String(login.port)], [login.database ?? ""], [login.user ?? ""]];
  for (const line of lines) {
    const [, ...parts] = ENTRY.exec(line) ?? [];
    const matches = fields.every((field, n) => parts[n] === "*" || field.includes(plain(parts[n])));
    if (parts.length > 0 && matches) return plain(parts[4]);
  }
  throw new Error(`The server asks for a password, and there is none in the settings or in ${file}`);
}

/** `host:port:database:user:password`; a backslash escapes a colon or backslash. */
const ENTRY = /^(?!#)((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/;

function plain(part = ""): string {
  return part.replace(/\\(.)/g, "$1");
}

/** Empty if there is no file. */
function readLines(file: string): string[] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return [];
  // Windows has no such bits, and libpq checks none there.
  if ((mode & 0o077) !== 0 && process.platform !== "win32")
    throw new Error(`The server asks for a password, and ${file} may be read by others: chmod 600 ${file}`);
  return readFileSync(file, "utf8").split(/\r?\n/);
}
