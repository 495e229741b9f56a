import type { Direction } from "./names";

/** Questions that a header has to answer, with the text that stands there until a person has. */
const QUESTIONS = {
  Why: "<what can be done afterwards that could not be done before>",
  Locks: "<which tables, how strongly, for how long; whether rows are rewritten or scanned>",
  Order: "<before or after which release of which service>",
  Undo: "<what undoes it, and what is lost then>",
} as const;

/** The text of a new migration's file. */
export function template(direction: Direction, id: string): string {
  const why = direction === "down" ? { Why: `undoes ${id}.up.sql.` } : {};
  const lines = Object.entries({ ...QUESTIONS, ...why }).map(
    ([word, answer]) => `-- ${`${word}:`.padEnd(7)}${answer}\n`,
  );
  return `${lines.join("")}\n`;
}

/** Finds the first unanswered question. */
export function unanswered(text: string): { readonly offset: number; readonly word: string } | undefined {
  const found = Object.entries(QUESTIONS).flatMap(([word, question]) => {
    const offset = text.indexOf(question);
    return offset < 0 ? [] : [{ offset, word }];
  });
  return found.sort((a, b) => a.offset - b.offset)[0];
}

/** A mark on the first line of an up file. */
const MARK = /^--[ \t]*migrate:([^\n\r]*)/;

/** Reads the mark of a file: `no-transaction`, or `squashes 1-50`. */
export function readMark(text: string): string | undefined {
  return MARK.exec(text)?.[1]?.trim();
}

/** The versions that one file stands for: new databases run it, old ones have run these. */
export interface Squash {
  readonly from: number;
  /** The version of the file itself. */
  readonly to: number;
}

/** Reads `-- migrate:squashes 1-50`. Numbers that make no sense are reported by `squashProblems`. */
export function readSquash(text: string): Squash | undefined {
  const mark = readMark(text);
  if (!mark?.startsWith("squash")) return undefined;
  const [, from = Number.NaN, to = Number.NaN] = /^squashes +(\d+) *- *(\d+)$/.exec(mark) ?? [];
  return { from: Number(from), to: Number(to) };
}

/** A mark in a down file: what it knowingly leaves, as `verify` calls it, e.g. `type mood`. */
export interface Leaves {
  readonly title: string;
  /** Counted from 1. */
  readonly line: number;
}

const LEAVES = /^[ \t]*--[ \t]*migrate:leaves\b[ \t]*(.*?)(?::[ \t].*)?[ \t]*$/;

/** Reads `-- migrate:leaves TITLE` or `-- migrate:leaves TITLE: reason`, one a line. */
export function leaves(text: string): Leaves[] {
  return text.split("\n").flatMap((each, index) => {
    const title = LEAVES.exec(each)?.[1];
    return title === undefined ? [] : [{ title, line: index + 1 }];
  });
}
