/** Kinds of tokens. `other` is any single character. */
export type Kind =
  | "space"
  | "comment"
  | "escaped"
  | "bits"
  | "quoted"
  | "identifier"
  | "dollar"
  | "word"
  | "number"
  | "other";

const [SPACE, LETTER, DIGIT] = [1, 2, 3];

/** PostgreSQL's classes of the ASCII characters. It takes all others for letters, JavaScript's other kinds of space too. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[ \t\n\r\f]/.test(character)) return SPACE;
  if (/[A-Za-z_]/.test(character)) return LETTER;
  return /\d/.test(character) ? DIGIT : 0;
});

const classOf = (code: number) => (code < 128 ? CLASSES[code] : code >= 128 ? LETTER : 0);

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const STAR = 42;
const AMPERSAND = 38;

/** A dollar quote's beginning. */
const TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/** The kind of the token that begins at an offset inside the text. Looks at codes: a regular expression takes four times as long. */
export function kindAt(text: string, start: number): Kind {
  const code = text.charCodeAt(start);
  const next = text.charCodeAt(start + 1);
  switch (classOf(code)) {
    case SPACE:
      return "space";
    case DIGIT:
      return "number";
    case LETTER:
      return next === QUOTE || next === AMPERSAND ? prefixed(text, start, next) : "word";
  }
  if (code === QUOTE) return "quoted";
  if (code === DOUBLE_QUOTE) return "identifier";
  if (code === DASH && next === DASH) return "space";
  if (code === SLASH && next === STAR) return "comment";
  if (code !== DOLLAR) return "other";
  TAG.lastIndex = start;
  return TAG.test(text) ? "dollar" : classOf(next) === DIGIT ? "number" : "other";
}

/** A letter before a quote, or before `&`. Only E'' has backslash escapes; bit strings have no doubled quotes. */
function prefixed(text: string, start: number, next: number): Kind {
  const letter = text[start]?.toLowerCase();
  if (next === QUOTE) return letter === "e" ? "escaped" : letter === "b" || letter === "x" ? "bits" : "word";
  if (letter !== "u") return "word";
  const quote = text.charCodeAt(start + 2);
  return quote === QUOTE ? "quoted" : quote === DOUBLE_QUOTE ? "identifier" : "word";
}

/** The end of a token that holds no quotes, or of its opening quote. */
export function headEnd(text: string, start: number, kind: Kind): number {
  switch (kind) {
    case "space":
      return text.charCodeAt(start) === DASH ? lineEnd(text, start) : spaceEnd(text, start);
    case "word":
      return wordEnd(text, start + 1);
    case "number":
      return text.charCodeAt(start) === DOLLAR ? digitsEnd(text, start + 1) : numberEnd(text, start + 1);
    case "dollar":
      return text.indexOf("$", start + 1) + 1;
    case "escaped":
    case "bits":
    case "comment":
      return start + 2;
    case "quoted":
    case "identifier":
      return classOf(text.charCodeAt(start)) === LETTER ? start + 3 : start + 1;
    default:
      return start + 1;
  }
}

function spaceEnd(text: string, start: number): number {
  let at = start + 1;
  while (classOf(text.charCodeAt(at)) === SPACE) at++;
  return at;
}

const LINE_END = /[\n\r]/g;

function lineEnd(text: string, start: number): number {
  LINE_END.lastIndex = start;
  return LINE_END.exec(text)?.index ?? text.length;
}

function wordEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    const kind = classOf(code);
    if (kind !== LETTER && kind !== DIGIT && code !== DOLLAR) return at;
  }
}

/** Letters are part of a number here, as in 0x1F and 1e5, but only ASCII ones. */
function numberEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (!(code < 128 && (CLASSES[code] === LETTER || CLASSES[code] === DIGIT || code === DOT))) return at;
  }
}

function digitsEnd(text: string, start: number): number {
  let at = start;
  while (classOf(text.charCodeAt(at)) === DIGIT) at++;
  return at;
}
