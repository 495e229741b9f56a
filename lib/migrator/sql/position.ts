import { type Cluster, cellsOf, clusters, printable } from "./cells";

/** Cells of a terminal that a line may take; of a longer one the part around the caret is shown. */
const WIDEST = 140;
/** Cells kept before the caret of a line that is too long. */
const BEFORE = 80;
/** UTF-16 units on each side that are looked at for that. Marks that pile up on one letter end there. */
const NEARBY = 4 * WIDEST;

/**
 * A place in a text. Lines and columns count from 1. A column is a character as PostgreSQL counts them, a Unicode code
 * point: a tab is one, an emoji too, a letter with a combining accent two, a family of emoji one for each member and joiner.
 */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** The whole line, without its end. */
  readonly source: string;
}

/** The place of a UTF-16 offset, as JavaScript counts. Lines end with LF or, as PostgreSQL's comments do, with a lone CR. */
export function positionAt(text: string, offset: number): Position {
  const { line, column, start } = placesIn(text)(offset);
  const lineEnd = /[\n\r]/g;
  lineEnd.lastIndex = Math.max(start, offset);
  return { line, column, source: text.slice(start, lineEnd.exec(text)?.index ?? text.length) };
}

/** The places of offsets that are asked in rising order, with the offset where the line starts: walks the text once for all of them. */
export function placesIn(text: string): (offset: number) => Omit<Position, "source"> & { readonly start: number } {
  const lineEnd = /[\n\r]/g;
  let end = lineEnd.exec(text);
  let [line, start, at, column] = [1, 0, 0, 1];
  return (offset) => {
    for (; end && end.index < offset; end = lineEnd.exec(text)) {
      if (text.startsWith("\r\n", end.index)) continue;
      line++;
      column = 1;
      start = at = lineEnd.lastIndex;
    }
    column += characters(text, at, offset);
    at = Math.max(at, offset);
    return { line, column, start };
  };
}

/** How many code points there are between two offsets. Without a copy: a line can be a file of many megabytes. */
function characters(text: string, from: number, to: number): number {
  let count = 0;
  for (let offset = from; offset < to; offset += size(text, offset)) count++;
  return count;
}

/** The UTF-16 offset of the character number `index`, counted from 0 in code points, as the server counts. */
export function offsetOfCharacter(text: string, index: number): number {
  let offset = 0;
  for (let left = index; left > 0 && offset < text.length; left--) offset += size(text, offset);
  return offset;
}

/** UTF-16 units of the code point at an offset. */
function size(text: string, offset: number): number {
  return (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}

/** The line with its number, and a caret under the character at `column`, as a terminal aligns them. */
export function excerpt({ line, column, source }: Position): string {
  const at = offsetOfCharacter(source, column - 1);
  const before = window(clusters(source.slice(Math.max(0, at - NEARBY), at)).reverse(), BEFORE).reverse();
  const after = window(clusters(source.slice(at, at + NEARBY)), WIDEST - cellsOf(before));
  const [cutBefore, cutAfter] = [lengthOf(before) < at, at + lengthOf(after) < source.length];
  const shown = [...(cutBefore ? [CUT] : []), ...before];
  // A tab stays a tab, so that the caret's line advances as the source's does, whatever the width of a tab.
  const indent = shown.map(({ text, cells }) => (text === "\t" ? "\t" : " ".repeat(cells)));
  const all = [...shown, ...after, ...(cutAfter ? [CUT] : [])].map(({ text }) => printable(text));
  return `${String(line).padStart(5)} | ${all.join("")}\n${" ".repeat(5)} | ${indent.join("")}^`;
}

const CUT: Cluster = { text: "…", cells: 1 };

/** The first clusters that have room in so many cells. */
function window(list: readonly Cluster[], cells: number): Cluster[] {
  let left = cells;
  const end = list.findIndex((cluster) => {
    left -= cluster.cells;
    return left < 0;
  });
  return list.slice(0, end < 0 ? list.length : end);
}

function lengthOf(list: readonly Cluster[]): number {
  return list.reduce((sum, { text }) => sum + text.length, 0);
}
