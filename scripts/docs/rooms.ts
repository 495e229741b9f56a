import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

const LIB = path.resolve(__dirname, "../../lib");
/** Matches imports and re-exports, also of types, and later loading by `require` or `import()`. */
const IMPORT = /(?:\bfrom|\bimport|\b(?:require|import)\()\s*"(\.[^"]*)"/g;

/** An import from one room into another. A file directly in `lib` is a room of its own. */
export interface RoomImport {
  readonly from: string;
  readonly to: string;
}

const roomOf = (file: string) => (path.relative(LIB, file).split(path.sep)[0] ?? "").replace(/\.ts$/, "");

/** Lists which room of lib imports from which, each pair once and in order. */
export function roomImports(): RoomImport[] {
  const files = readdirSync(LIB, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(LIB, file), "utf8");
    const targets = [...text.matchAll(IMPORT)].map(([, target = ""]) => path.resolve(LIB, path.dirname(file), target));
    return targets
      .filter((target) => !path.relative(LIB, target).startsWith(".."))
      .map((target) => `${roomOf(path.join(LIB, file))} ${roomOf(target)}`);
  });
  return [...new Set(found)]
    .sort()
    .map((pair) => pair.split(" ") as [string, string])
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => ({ from, to }));
}

/** Finds a circle of imports, with its first room again at the end; undefined if there is none. */
export function circleOf(imports: readonly RoomImport[]): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (room: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return undefined;
    for (const { to } of imports.filter(({ from }) => from === room)) {
      const circle = walk(to, [...way, room]);
      if (circle) return circle;
    }
    done.add(room);
    return undefined;
  };
  for (const { from } of imports) {
    const circle = walk(from, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Draws the imports as a flowchart, without those that a longer way implies: with a → b → c, a → c is left out. */
export function roomsDiagram(imports: readonly RoomImport[]): string {
  const reaches = (from: string, to: string, without: RoomImport): boolean =>
    imports.some((each) => each !== without && each.from === from && (each.to === to || reaches(each.to, to, without)));
  const drawn = imports.filter((each) => !reaches(each.from, each.to, each));
  return ["flowchart TB", ...drawn.map(({ from, to }) => `  ${from} --> ${to}`)].join("\n");
}
