import { isComment, type Span } from "./checks";
import type { ScanProblem } from "./scanner";

const MARK = /^[ \t]*--[ \t]*contract[ \t]*(?::|\r?$)/gim;

/** Whether a text may hold the mark. */
export const mentionsContract = (text: string): boolean => /contract/i.test(text);

/** Finds a `-- contract` below the first statement, where nothing would read it. */
export function misplacedContract(text: string, statements: readonly Span[]): ScanProblem[] {
  const head = statements[0]?.start ?? text.length;
  return [...text.matchAll(MARK)]
    .map(({ index, 0: line }) => index + line.indexOf("--"))
    .filter((offset) => offset > head && isComment(text, offset, statements))
    .map((offset) => ({ offset, message: TOO_LATE }));
}

const TOO_LATE =
  "`-- contract` counts only before the first statement and outside of /* */. Move it there, or write the comment otherwise.";
