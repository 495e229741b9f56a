/** Makes dependency-cruiser's rules from the table of rooms. */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { entriesOf, ROOMS } from "./rooms";

const LIB = path.resolve(__dirname, "..", "lib");
const isFile = (name: string) => existsSync(path.join(LIB, `${name}.ts`));
const literally = (text: string) => text.replace(/[.+*?^$()[\]{}|\\]/g, "\\$&");

/** Matches a room's files, without those that have a row of their own. */
export function filesOf(room: string): string {
  if (isFile(room)) return `^lib/${literally(room)}\\.ts$`;
  const inner = Object.keys(ROOMS).filter((other) => other.startsWith(`${room}/`));
  const others = inner.map((other) => literally(other.slice(room.length + 1)) + (isFile(other) ? "\\.ts$" : "/"));
  return `^lib/${literally(room)}/${others.length > 0 ? `(?!${others.join("|")})` : ""}`;
}

/** Matches the files that an entry of the table allows. */
export function opened(entry: string): string {
  if (entry.startsWith("npm:")) return `^node_modules/${literally(entry.slice("npm:".length))}/`;
  if (/^imports(\/|$)/.test(entry)) return `^${literally(entry)}`;
  return filesOf(isFile(`${entry}/index`) ? `${entry}/index` : entry);
}

function wall([room, list]: [string, string]) {
  const entries = entriesOf(list);
  return {
    name: `only what ${room} may import`,
    severity: "error",
    comment: `scripts/rooms.ts lets lib/${room} import ${entries.join(", ") || "nothing"}.`,
    from: { path: filesOf(room) },
    to: { pathNot: [filesOf(room), ...entries.map(opened)], dependencyTypesNot: ["core"] },
  };
}

export const config = {
  forbidden: [
    { name: "no circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every file of lib in a room",
      severity: "error",
      comment: "scripts/rooms.ts has no row for it.",
      from: { path: "^lib/", pathNot: Object.keys(ROOMS).map(filesOf) },
      to: {},
    },
    ...Object.entries(ROOMS).map(wall),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Parses with swc, since TypeScript 7 has no compiler API. Imports of types count, too.
    parser: "swc",
    tsPreCompilationDeps: true,
  },
};
