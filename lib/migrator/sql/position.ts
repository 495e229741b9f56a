/** A place in a text. Lines and columns count from 1; columns count characters (code points). */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** The whole line, without its end. */
  readonly source: string;
}

/** The place of a UTF-16 offset, as JavaScript counts. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = text.indexOf("\n", offset);
  return {
    line: before.split("\n").length,
    column: [...before.slice(lineStart)].length + 1,
    source: text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd),
  };
}

/** The UTF-16 offset of the character number `index`, counted from 0 in code points, as the server counts. */
export function offsetOfCharacter(text: string, index: number): number {
  let offset = 0;
  for (let left = index; left > 0 && offset < text.length; left--) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The line with its number, and a caret under the character at `column`, as a terminal aligns them. */
export function excerpt({ line, column, source }: Position): string {
  const gutter = `${String(line).padStart(5)} | `;
  // A tab stays a tab, so that the caret's line advances as the source's does, whatever the width of a tab.
  const indent = [...source]
    .slice(0, column - 1)
    .map((character) => (character === "\t" ? "\t" : " ".repeat(width(character))));
  return `${gutter}${source}\n${" ".repeat(5)} | ${indent.join("")}^`;
}

const NO_WIDTH = /^(?:\p{Mark}|[\u200b-\u200d])$/u;
const TWO_WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u;

/** Cells of a terminal that a character takes. */
function width(character: string): number {
  if (character < "\u0300") return 1;
  if (NO_WIDTH.test(character)) return 0;
  return TWO_WIDE.test(character) ? 2 : 1;
}
