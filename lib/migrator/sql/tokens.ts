import { checksum } from "../base/text";
import { readMark } from "../files/header";
import { scan } from "./scanner";

/** A longer file is data rather than a schema: reading it twice would take longer than anybody wants to wait. */
const LONGEST = 1_000_000;

/**
 * SHA-256 in hex over the tokens of a text: the same as long as only comments, white space, the case of unquoted words
 * and the last semicolon differ. A mark of the migrator's on the first line counts, since it changes how the file runs.
 * Undefined for a text of more than a million characters.
 */
export function tokensDigest(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const tokens: string[] = [];
  let [before, end] = ["", 0];
  scan(text, (start, stop) => {
    const token = fold(text.slice(start, stop));
    const glued = start === end && before !== "" && matters(before, token);
    tokens.push(glued ? `${GLUE}${token}` : token);
    [before, end] = [token, stop];
  });
  while (tokens.at(-1) === ";") tokens.pop();
  return checksum([readMark(text) ?? "", ...tokens].join(GLUE));
}

/** No SQL text holds it. */
const GLUE = "\0";

const CAPITAL = /[A-Z]/;
const WORD = /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*$/;

/** PostgreSQL folds unquoted words; letters beyond ASCII only in some encodings. */
function fold(token: string): string {
  return CAPITAL.test(token) && WORD.test(token) ? token.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : token;
}

const DELIMITER = /[()[\],;]/;
const OPERATOR = /[-+*/<>=~!@#%^&|`?:]/;
const OPERAND = /[A-Za-z0-9_$"'\u0080-\uffff]/;

/**
 * Whether white space between two tokens could change what they mean: `< -` and `<-`, `N 'a'` and `N'a'`, `. 5` and
 * `.5`. Around a delimiter, and between an operator and an operand, it cannot.
 */
function matters(left: string, right: string): boolean {
  const [last, first] = [left.at(-1) ?? "", right[0] ?? ""];
  if (DELIMITER.test(last) || DELIMITER.test(first)) return false;
  return !((OPERAND.test(last) && OPERATOR.test(first)) || (OPERATOR.test(last) && OPERAND.test(first)));
}
