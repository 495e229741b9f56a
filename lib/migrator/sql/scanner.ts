/**
 * Finds where the statements of an SQL text begin and end, by PostgreSQL's lexical rules
 * (https://www.postgresql.org/docs/16/sql-syntax-lexical.html). It does not parse them.
 */

import { headEnd, type Kind, kindAt } from "./lexis";

export interface Statement {
  /** Offset of its first token. */
  readonly start: number;
  /** Offset after its semicolon, or after its last token if the text ends without one. */
  readonly end: number;
  /** Its unquoted words in capitals, the first MAX_WORDS of them. */
  readonly words: readonly string[];
}

export interface ScanProblem {
  readonly offset: number;
  readonly message: string;
}

export interface Scan {
  readonly statements: readonly Statement[];
  readonly problems: readonly ScanProblem[];
}

/** Enough to recognise every statement that the checks look for, and little memory for a large file. */
const MAX_WORDS = 64;

/** Length of CREATE OR REPLACE PROCEDURE. */
const LONGEST_HEAD = 27;

const CREATES_ROUTINE = /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b/;

/** Called with each token's place, in order; comments and white space are none. */
export type OnToken = (start: number, end: number) => void;

/** Splits a text into statements, and reports quotes and comments without an end and commands of psql. */
export function scan(text: string, onToken?: OnToken): Scan {
  const statements: Statement[] = [];
  const problems = eachStatement(text, (statement) => statements.push(statement), onToken);
  return { statements, problems };
}

/** Does the same and keeps no statement: those of a large file take more memory than its text. */
export function eachStatement(text: string, use: (statement: Statement) => void, onToken?: OnToken): ScanProblem[] {
  const scanner = new Scanner(text, use, onToken);
  scanner.run();
  return scanner.problems;
}

class Scanner {
  readonly problems: ScanProblem[] = [];
  #position = 0;
  #start: number | undefined;
  #lastEnd = 0;
  #words: string[] = [];
  #lastWord = "";
  #parentheses = 0;
  /** Depth of BEGIN ATOMIC … END: the bodies of functions written in standard SQL. */
  #bodies = 0;
  /** First words since the last semicolon, also inside such a body; undefined before the first token. */
  #head: string | undefined;

  constructor(
    readonly text: string,
    readonly onStatement: (statement: Statement) => void,
    readonly onToken?: OnToken,
  ) {}

  run(): void {
    while (this.#position < this.text.length) {
      if (!this.#token()) return;
    }
    this.#finish(this.#lastEnd);
  }

  /** Takes one token. False if nothing after it can be understood. */
  #token(): boolean {
    const start = this.#position;
    const kind = kindAt(this.text, start);
    this.#position = headEnd(this.text, start, kind);
    if (kind === "space") return true;
    if (kind === "comment") return this.#comment(start);
    const ends = kind === "other" && this.text[start] === ";" && this.#parentheses === 0;
    if (ends && this.#bodies === 0) {
      this.onToken?.(start, this.#position);
      this.#finish(this.#position);
      return true;
    }
    this.#start ??= start;
    const understood = this.#significant(start, kind);
    this.#lastEnd = this.#position;
    this.onToken?.(start, this.#position);
    if (kind !== "word") this.#afterSymbol(ends);
    return understood;
  }

  #significant(start: number, kind: Kind): boolean {
    switch (kind) {
      case "word":
        return this.#word(start, this.text.slice(start, this.#position).toUpperCase());
      case "escaped":
        return this.#string(start, /\\[\s\S]|''|'/y, "a string (E'…')");
      case "bits":
        return this.#string(start, /'/y, "a bit string (b'…', x'…')");
      case "quoted":
        return this.#string(start, /''|'/y, "a string ('…')");
      case "identifier":
        return this.#until(start, /""|"/y, '"', 'a quoted name ("…")');
      case "dollar":
        return this.#dollar(start, this.text.slice(start, this.#position));
      case "other":
        return this.#symbol(start, this.text[start]);
      default:
        return true;
    }
  }

  #symbol(start: number, symbol: string | undefined): boolean {
    if (symbol === "(") this.#parentheses++;
    if (symbol === ")") this.#parentheses = Math.max(0, this.#parentheses - 1);
    return symbol === "\\" ? this.#metaCommand(start) : true;
  }

  #afterSymbol(endsStatement: boolean): void {
    this.#lastWord = "";
    this.#head = endsStatement ? undefined : (this.#head ?? "");
  }

  /** Comments nest, unlike in C. */
  #comment(start: number): boolean {
    const edge = /\/\*|\*\//g;
    edge.lastIndex = this.#position;
    for (let depth = 1; depth > 0; ) {
      const match = edge.exec(this.text);
      if (!match) return this.#unclosed(start, "a comment (/* … */)", "*/");
      depth += match[0] === "/*" ? 1 : -1;
    }
    this.#position = edge.lastIndex;
    return true;
  }

  /** Skips to the closing quote of the token at `start`, past every other match of `special`. */
  #until(start: number, special: RegExp, quote: string, what: string): boolean {
    const backslash = special.source.startsWith("\\\\");
    for (let at = this.#position; at < this.text.length; ) {
      const next = backslash ? indexOfEither(this.text, at) : this.text.indexOf(quote, at);
      if (next < 0) break;
      special.lastIndex = next;
      const found = special.exec(this.text)?.[0];
      if (found === quote) {
        this.#position = next + 1;
        return true;
      }
      at = next + (found?.length ?? 1);
    }
    return this.#unclosed(start, what, quote);
  }

  /** A string may continue in quotes on the next line; after E'' the backslash still escapes there. */
  #string(start: number, special: RegExp, what: string): boolean {
    do {
      if (!this.#until(start, special, "'", what)) return false;
    } while (this.#continued());
    return true;
  }

  /** Whether only white space with a line end, or `--` comments, lie before the next quote. If so, skips past it. */
  #continued(): boolean {
    const space = /[ \t\n\r\f]+|--[^\n\r]*/y;
    space.lastIndex = this.#position;
    let at = this.#position;
    for (; space.test(this.text); at = space.lastIndex);
    const continues = this.text[at] === "'" && /[\n\r]/.test(this.text.slice(this.#position, at));
    if (continues) this.#position = at + 1;
    return continues;
  }

  #dollar(start: number, tag: string): boolean {
    const end = this.text.indexOf(tag, this.#position);
    if (end < 0) return this.#unclosed(start, `a string (${tag}…${tag})`, tag);
    this.#position = end + tag.length;
    return true;
  }

  #word(start: number, word: string): boolean {
    this.#body(word);
    // The grammar treats STDOUT alike.
    const stream = word === "STDIN" || word === "STDOUT";
    if (stream && this.#words[0] === "COPY" && this.#lastWord === "FROM" && this.#parentheses === 0) {
      this.problems.push({
        offset: start,
        message:
          "COPY … FROM stdin reads rows that only psql can send. Write them as INSERT … VALUES, or load them outside of a migration.",
      });
      return false;
    }
    if (this.#words.length < MAX_WORDS) this.#words.push(word);
    this.#lastWord = word;
    return true;
  }

  /**
   * Follows BEGIN ATOMIC … END. A column may have either word as its name. So BEGIN ATOMIC counts only in a statement
   * that creates a routine, and END only as a statement of its own: CASE … END holds no semicolon.
   */
  #body(word: string): void {
    const first = this.#head === undefined;
    if (this.#parentheses > 0) return;
    if (this.#bodies > 0 && first && word === "END") this.#bodies--;
    if (word === "ATOMIC" && this.#lastWord === "BEGIN" && CREATES_ROUTINE.test(this.#head ?? "")) {
      this.#bodies++;
      this.#head = undefined;
      return;
    }
    if (first) this.#head = word;
    else if ((this.#head?.length ?? 0) < LONGEST_HEAD) this.#head += ` ${word}`;
  }

  #metaCommand(start: number): boolean {
    const command = /\\\S*/y;
    command.lastIndex = start;
    const name = command.exec(this.text)?.[0] ?? "\\";
    this.problems.push({
      offset: start,
      message: `${name} is a command of psql, which the server does not know. Write SQL instead, or remove the line.`,
    });
    return false;
  }

  #unclosed(offset: number, what: string, end: string): boolean {
    this.problems.push({ offset, message: `${what} begins here and never ends. Close it with ${end}` });
    return false;
  }

  #finish(end: number): void {
    if (this.#start !== undefined) this.onStatement({ start: this.#start, end, words: this.#words });
    this.#start = undefined;
    this.#words = [];
    this.#lastWord = "";
    this.#parentheses = 0;
    this.#bodies = 0;
    this.#head = undefined;
  }
}

function indexOfEither(text: string, from: number): number {
  const quote = text.indexOf("'", from);
  const backslash = text.indexOf("\\", from);
  return backslash >= 0 && (quote < 0 || backslash < quote) ? backslash : quote;
}
