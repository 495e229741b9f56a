/** One character as a terminal draws it: a letter with its accents, or an emoji of several code points. */
export interface Cluster {
  readonly text: string;
  readonly cells: number;
}

/** Splits a text as a terminal draws it. */
export function clusters(text: string): Cluster[] {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  return [...segmenter.segment(text)].map(({ segment }) => ({ text: segment, cells: cellsOfCluster(segment) }));
}

const NO_WIDTH = /^[\p{Mark}\p{Format}]+$/u;
const TWO_WIDE =
  /[\ufe0f\p{Emoji_Presentation}\p{Regional_Indicator}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** Counts cells. A tab counts as eight, the most that it can take. */
function cellsOfCluster(text: string): number {
  if (text === "\t") return 8;
  if (/^[\x20-\x7e]$/.test(text)) return 1;
  if (NO_WIDTH.test(text)) return 0;
  return TWO_WIDE.test(text) ? 2 : 1;
}

/** Shows characters that move a terminal's cursor or command it as a sign. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters.
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (character) =>
    character < " " ? String.fromCharCode(0x2400 + character.charCodeAt(0)) : "�",
  );
}

export function cellsOf(list: readonly Cluster[]): number {
  return list.reduce((sum, { cells }) => sum + cells, 0);
}
