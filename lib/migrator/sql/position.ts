import { type Cluster, cellsOf, clusters, printable } from "./cells";

/** Widest excerpt, in cells. Of a longer line the part around the caret is shown. */
const WIDEST = 140;
/** Cells kept before the caret of a longer line. */
const BEFORE = 80;
/** UTF-16 units examined on each side of the caret, also where combining marks pile up on one letter. */
const NEARBY = 4 * WIDEST;

/**
 * A place in a text. Lines and columns count from 1. A column is a Unicode code point, as PostgreSQL counts: one for a
 * tab or an emoji, two for a letter with a combining accent, more for a family of emoji.
 */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** The whole line, without its end. */
  readonly source: string;
}

/** Finds the place of a UTF-16 offset. Lines end with LF or a lone CR, as PostgreSQL's comments do. */
export function positionAt(text: string, offset: number): Position {
  const { line, column, start } = placesIn(text)(offset);
  const lineEnd = /[\n\r]/g;
  lineEnd.lastIndex = Math.max(start, offset);
  return { line, column, source: text.slice(start, lineEnd.exec(text)?.index ?? text.length) };
}

/** Finds places of rising offsets, each with the start of its line, in one walk through the text. */
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

export function countCharacters(text: string): number {
  return characters(text, 0, text.length);
}

/** Counts code points between two offsets without a copy, since a line can be many megabytes. */
function characters(text: string, from: number, to: number): number {
  let count = 0;
  for (let offset = from; offset < to; offset += size(text, offset)) count++;
  return count;
}

/** Finds the UTF-16 offset of a character, counted from 0 in code points as the server counts. */
export function offsetOfCharacter(text: string, index: number): number {
  let offset = 0;
  for (let left = index; left > 0 && offset < text.length; left--) offset += size(text, offset);
  return offset;
}

/** UTF-16 units of the code point at an offset. */
function size(text: string, offset: number): number {
  return (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}

/** Renders the line with its number, and a caret under the character at `column`. */
export function excerpt({ line, column, source }: Position): string {
  const at = offsetOfCharacter(source, column - 1);
  const before = window(clusters(source.slice(Math.max(0, at - NEARBY), at)).reverse(), BEFORE).reverse();
  const after = window(clusters(source.slice(at, at + NEARBY)), WIDEST - cellsOf(before));
  const [cutBefore, cutAfter] = [lengthOf(before) < at, at + lengthOf(after) < source.length];
  const shown = [...(cutBefore ? [CUT] : []), ...before];
  // Tabs stay tabs, so that both lines advance alike at any tab width.
  const indent = shown.map(({ text, cells }) => (text === "\t" ? "\t" : " ".repeat(cells)));
  const all = [...shown, ...after, ...(cutAfter ? [CUT] : [])].map(({ text }) => printable(text));
  return `${String(line).padStart(5)} | ${all.join("")}\n${" ".repeat(5)} | ${indent.join("")}^`;
}

const CUT: Cluster = { text: "…", cells: 1 };

/** The first clusters that fit into that many cells. */
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
