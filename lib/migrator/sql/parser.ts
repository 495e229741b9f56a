/**
 * PostgreSQL 16's own parser (libpg_query, as WebAssembly). Loading takes some 15 ms and a megabyte, so only what needs
 * more than the scanner loads it: `plan`, `lint`, files that run statement by statement, statements whose words leave a
 * doubt, and the place of an error.
 */

/** A node of the parse tree, `{ <Kind>: { … } }`, as libpg_query writes it. */
export type ParseNode = Readonly<Record<string, unknown>>;

export interface ParsedStatement {
  /** Offset of the statement's text, leading white space and comments included. */
  readonly start: number;
  /** Offset after its last character, without the semicolon. */
  readonly end: number;
  readonly node: ParseNode;
}

/** A text that PostgreSQL 16 cannot parse. */
export class ParseError extends Error {
  override readonly name = "ParseError";

  constructor(
    message: string,
    /** Offset in the text. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Splits and parses a text as the server does. Offsets count UTF-16 units. @throws ParseError */
export async function parse(text: string): Promise<ParsedStatement[]> {
  // The module refuses texts that JavaScript calls blank, but PostgreSQL takes the rarer kinds of space for letters.
  if (/^[ \t\n\r\f]*$/.test(text)) return [];
  if (text.trim() === "") throw new ParseError("syntax error at the beginning", 0);
  const { parse: parseText, hasSqlDetails } = await import("libpg-query");
  try {
    const { stmts = [] } = (await parseText(text)) as { stmts?: RawStatement[] };
    const offsetOf = unitsOfBytes(text);
    return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => ({
      start: offsetOf(start),
      end: length ? offsetOf(start + length) : text.length,
      node: stmt,
    }));
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    throw new ParseError(error.message, unitsOfCharacters(text, error.sqlDetails.cursorPosition));
  }
}

interface RawStatement {
  readonly stmt: ParseNode;
  /** In bytes of UTF-8; absent means 0. */
  readonly stmt_location?: number;
  /** In bytes; absent or 0 means to the end. */
  readonly stmt_len?: number;
}

/** Converts offsets in bytes into UTF-16 units. Asked in rising order, it walks the text once. */
export function unitsOfBytes(text: string): (bytes: number) => number {
  let [unit, byte] = [0, 0];
  return (bytes) => {
    while (byte < bytes && unit < text.length) {
      const code = text.codePointAt(unit) ?? 0;
      byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      unit += code < 0x10000 ? 1 : 2;
    }
    return unit;
  };
}

/** Converts the parser's positions, which count characters as the server's do. */
function unitsOfCharacters(text: string, characters: number): number {
  let unit = 0;
  for (let n = 0; n < characters && unit < text.length; n++) unit += (text.codePointAt(unit) ?? 0) < 0x10000 ? 1 : 2;
  return unit;
}
