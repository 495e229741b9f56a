/**
 * Cuts expressions out of a statement's text. The parse tree tells what they mean but not where they end, and the server
 * has to be asked in the author's own words.
 */

export interface Token {
  readonly start: number;
  readonly end: number;
  /** An unquoted word in capitals, or the character itself; empty for strings, numbers and quoted names. */
  readonly word: string;
  /** Depth of parentheses and brackets; of an opening or closing one, the depth outside. */
  readonly depth: number;
}

const TOKEN =
  /(?<skip>[ \t\n\r\f]+|--[^\n\r]*)|(?<comment>\/\*)|(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*'|(?:[uU]&|[bBxXnN])?'(?:[^']|'')*'|(?:[uU]&)?"(?:[^"]|"")*"|\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\k<tag>\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<number>\d[\w.]*)|[\s\S]/y;

/** Comments nest. */
function endOfComment(source: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(source); match; match = edge.exec(source)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return source.length;
}

/** A part of a text, as tokens. */
export class Piece {
  private constructor(
    private readonly source: string,
    readonly tokens: readonly Token[],
  ) {}

  static of(source: string): Piece {
    const tokens: Token[] = [];
    let depth = 0;
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(source); match; match = TOKEN.exec(source)) {
      const { skip, comment, string, word, number } = match.groups ?? {};
      if (comment !== undefined) TOKEN.lastIndex = endOfComment(source, match.index);
      if (comment !== undefined) continue;
      if (skip !== undefined) continue;
      const symbol = string === undefined && number === undefined ? match[0] : "";
      if (/^[)\]]$/.test(symbol)) depth--;
      tokens.push({ start: match.index, end: TOKEN.lastIndex, word: (word ?? symbol).toUpperCase(), depth });
      if (/^[([]$/.test(symbol)) depth++;
    }
    return new Piece(source, tokens);
  }

  get text(): string {
    const [first, last] = [this.tokens[0], this.tokens.at(-1)];
    return first && last ? this.source.slice(first.start, last.end) : "";
  }

  /** Depth at which this piece lies. */
  get #depth(): number {
    return Math.min(...this.tokens.map(({ depth }) => depth));
  }

  slice(from: number, to?: number): Piece {
    return new Piece(this.source, this.tokens.slice(from, to));
  }

  /** Index of the first of these words at this piece's own depth; -1 for none. */
  find(words: readonly string[], from = 0): number {
    const outside = this.#depth;
    return this.tokens.findIndex(
      ({ word, depth }, index) => index >= from && depth === outside && words.includes(word),
    );
  }

  /** The part after a word; undefined without it. */
  after(word: string): Piece | undefined {
    const at = this.find([word]);
    return at < 0 ? undefined : this.slice(at + 1);
  }

  /** The part before the first of these words, or all. At least `least` tokens. */
  before(words: readonly string[], least = 0): Piece {
    const at = this.find(words, least);
    return at < 0 ? this : this.slice(0, at);
  }

  /** The inside of the first parentheses at or behind an index, and the rest behind them. */
  parenthesised(from = 0): { readonly inside: Piece; readonly rest: Piece } | undefined {
    const open = this.find(["("], from);
    if (open < 0) return undefined;
    const close = this.find([")"], open + 1);
    return close < 0 ? undefined : { inside: this.slice(open + 1, close), rest: this.slice(close + 1) };
  }

  /** The parts between commas. */
  split(): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let at = this.find([","]); at >= 0; at = this.find([","], from)) {
      pieces.push(this.slice(from, at));
      from = at + 1;
    }
    return [...pieces, this.slice(from)];
  }

  /** The expression at the start of an index's or partition key's element: a name, a call, or parentheses. */
  element(): string {
    if (this.tokens[0]?.word === "(") return `(${this.parenthesised()?.inside.text ?? ""})`;
    const open = this.find(["("]);
    const isCall = open > 0 && this.tokens.slice(0, open).every(({ word }, index) => index % 2 === 0 || word === ".");
    if (!isCall) return this.slice(0, 1).text;
    return `${this.slice(0, open).text}(${this.parenthesised()?.inside.text ?? ""})`;
  }
}
