/** A text that is no JSON. */
export class JsonError extends Error {
  override readonly name = "JsonError";

  constructor(
    message: string,
    /** Lines and columns count from 1; columns count UTF-16 units. */
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads JSON. Unlike `JSON.parse` it tells the place of an error in every version of Node, and refuses a key that stands
 * twice in one object, of which `JSON.parse` drops the first. @throws JsonError
 */
export function readJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value();
  if (reader.next() !== undefined) throw reader.error("something follows the end of the value");
  return value;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  value(): unknown {
    const next = this.next();
    if (next === "{") return this.#object();
    if (next === "[") return this.#list();
    const token = this.#take(STRING) ?? this.#take(OTHER);
    if (token === undefined) throw this.error(next === undefined ? "the text ends too early" : "no value begins here");
    return JSON.parse(token);
  }

  /** The next character that is no space. */
  next(): string | undefined {
    this.#take(SPACE);
    return this.text[this.#at];
  }

  error(message: string, at = this.#at): JsonError {
    const before = this.text.slice(0, at).split("\n");
    return new JsonError(message, before.length, (before.at(-1)?.length ?? 0) + 1);
  }

  #object(): Record<string, unknown> {
    const found = new Map<string, unknown>();
    this.#items("}", () => {
      this.next();
      const start = this.#at;
      const key = this.#take(STRING);
      if (key === undefined) throw this.error("a key in double quotes was expected here");
      const name = JSON.parse(key) as string;
      if (found.has(name)) throw this.error(`the key ${key} stands in this object already`, start);
      if (this.next() !== ":") throw this.error("a colon was expected here");
      this.#at++;
      found.set(name, this.value());
    });
    return Object.fromEntries(found);
  }

  #list(): unknown[] {
    const found: unknown[] = [];
    this.#items("]", () => found.push(this.value()));
    return found;
  }

  #items(end: string, item: () => void): void {
    this.#at++;
    if (this.next() !== end) {
      item();
      for (; this.next() === ","; ) {
        this.#at++;
        item();
      }
    }
    if (this.next() !== end) throw this.error(`a comma or ${end} was expected here`);
    this.#at++;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [token] = pattern.exec(this.text) ?? [];
    if (token !== undefined) this.#at += token.length;
    return token;
  }
}
