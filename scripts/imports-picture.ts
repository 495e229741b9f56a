import { entriesOf, ROOMS, roomOf } from "./rooms";

/** The migrator's own files. In the picture of `lib` they stand for the rooms behind them. */
const MIGRATOR = "migrator";

/**
 * Draws the rooms as a Mermaid flowchart, with an arrow from each room to those that it imports.
 * @param of `"lib"` draws the migrator as one room, `"migrator"` its inside. Both leave out `contract` and `common`,
 * which most rooms import, and each arrow that a longer way implies.
 */
export function importsPicture(of: "lib" | "migrator" = "lib"): string {
  const arrows = reduced(arrowsOf(of));
  const lines = [...arrows].flatMap(([from, to]) => [...to].map((target) => `  ${node(from)} --> ${node(target)}`));
  const alone = [...arrows].filter(([room, to]) => to.size === 0 && !lines.some((line) => line.endsWith(node(room))));
  return ["flowchart TD", ...alone.map(([room]) => `  ${node(room)}`), ...lines, ""].join("\n");
}

type Arrows = Map<string, Set<string>>;

/** Quotes a name and replaces it by an id, since Mermaid refuses slashes and words such as `end`. */
const node = (room: string) => `${room.replace(/\W/g, "_")}["${room}"]`;

function arrowsOf(of: "lib" | "migrator"): Arrows {
  const isInside = (room: string) => room.startsWith(`${MIGRATOR}/`);
  const nameOf = (room: string) => (of === "lib" && isInside(room) ? MIGRATOR : room);
  const isDrawn = (room: string) => room !== "contract" && room !== "common" && (of === "lib" || isInside(room));
  const arrows: Arrows = new Map();
  for (const [room, row] of Object.entries(ROOMS).filter(([name]) => isDrawn(name))) {
    const targets = arrows.get(nameOf(room)) ?? new Set<string>();
    for (const target of entriesOf(row).map(roomOf)) {
      if (target && isDrawn(target) && nameOf(target) !== nameOf(room)) targets.add(nameOf(target));
    }
    arrows.set(nameOf(room), targets);
  }
  return arrows;
}

/** Leaves out the arrows to rooms that can be reached through another one. */
function reduced(arrows: Arrows): Arrows {
  const reaches = (from: string, to: string): boolean =>
    [...(arrows.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  const isDirect = (from: string, to: string) => ![...(arrows.get(from) ?? [])].some((next) => reaches(next, to));
  return new Map([...arrows].map(([from, to]) => [from, new Set([...to].filter((target) => isDirect(from, target)))]));
}
