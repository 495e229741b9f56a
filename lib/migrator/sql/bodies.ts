import type { Node } from "libpg-query";
import type { DatabaseError } from "pg";
import { type ParseNode, parse, unitsOfBytes } from "./parser";
import { offsetOfCharacter } from "./position";
import type { Statement } from "./scanner";
import { as, nameOfParts, optionNamed, parts } from "./tree";

/** A place inside a quoted body: a DO block's, or that of a function which the same file creates. */
export interface BodyPlace {
  /** In UTF-16 units of the file's text. */
  readonly offset: number;
  readonly where: string;
}

interface Body {
  /** The server's name for it, e.g. `the DO block`. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the place of an error that has a context and no position: the innermost block or function of the context that
 * the file holds. Undefined if the file holds none, for example because the function is older.
 * @param statements the statement that failed, and before it those of the file that may have made a function
 */
export async function placeInBody(
  text: string,
  statements: readonly Statement[],
  error: DatabaseError,
): Promise<BodyPlace | undefined> {
  for (const frame of frames(error.where ?? "")) {
    const body = await findBody(text, statements, frame.called);
    if (!body) continue;
    const begin = frame.line === undefined ? body.start : startOfLine(text, body, frame.line);
    const where = `in ${body.name}${frame.line === undefined ? "" : `, line ${frame.line} of its body`}`;
    const exact = frame.innermost ? offsetOfQuery(text, begin, body.end, error) : undefined;
    return { offset: exact ?? begin, where };
  }
  return undefined;
}

interface Frame {
  /** Undefined for a DO block. */
  readonly called: string | undefined;
  /** Line in the body, from 1, which is the line of its opening quote. */
  readonly line: number | undefined;
  /** Whether the failed statement stands in this very body. */
  readonly innermost: boolean;
}

const FRAME =
  /^(?:PL\/pgSQL function (?:(inline_code_block)|((?:"(?:[^"]|"")*"|[^"(])+)\(.*\)) line (\d+) at|SQL function "(.+)")/;

/** Lines of a context, from the inside outwards; none if the server does not speak English. */
function frames(context: string): Frame[] {
  const found = context.split("\n").flatMap((line) => {
    const [matched, block, plpgsql, number, sql] = FRAME.exec(line) ?? [];
    if (matched === undefined) return [];
    return [{ called: block ? undefined : (plpgsql ?? sql), line: number === undefined ? undefined : Number(number) }];
  });
  return found.map((frame, index) => ({ ...frame, innermost: index === 0 }));
}

/** Finds the block that failed, or the newest definition of a function. */
async function findBody(
  text: string,
  statements: readonly Statement[],
  called: string | undefined,
): Promise<Body | undefined> {
  if (called === undefined) {
    const [last] = statements.slice(-1);
    return last && bodyOf(text, last, (node) => as("DoStmt", node)?.args, "the DO block");
  }
  const name = plainName(called);
  const definition = (node: ParseNode) => {
    const routine = as("CreateFunctionStmt", node);
    return nameOfParts(parts({ List: { items: routine?.funcname ?? [] } })).name === name
      ? routine?.options
      : undefined;
  };
  for (const statement of [...statements].reverse()) {
    const body = await bodyOf(text, statement, definition, `the function ${called}`);
    if (body) return body;
  }
  return undefined;
}

/** `optionsOf` tells a statement's options if it is the right one; one of them is the body. */
async function bodyOf(
  text: string,
  { start, end }: Statement,
  optionsOf: (node: ParseNode) => readonly Node[] | undefined,
  name: string,
): Promise<Body | undefined> {
  const own = text.slice(start, end);
  // The server has parsed it, so this does. If it does not, the place is only less exact.
  const [statement] = await parse(own).catch(() => []);
  const written = statement && optionNamed(optionsOf(statement.node), "as");
  if (!written) return undefined;
  // The tree has no place for the string itself, only for AS or, in a DO block, for the string's beginning.
  const opening = /(?:as\b)?(?:[ \t\n\r\f]|--[^\n\r]*|\/\*[\s\S]*?\*\/)*(?:\$[^\s$]*\$|e?')/iy;
  opening.lastIndex = unitsOfBytes(own)(written.location ?? 0);
  return opening.test(own) ? { name, start: start + opening.lastIndex, end } : undefined;
}

/** Without schema and quotes. */
function plainName(name: string): string {
  const last = /(?:"((?:[^"]|"")+)"|([^".\s]+))\s*$/.exec(name);
  return last?.[1]?.replaceAll('""', '"') ?? last?.[2]?.toLowerCase() ?? name;
}

/** Offset of the first character on a body's line that is no space. */
function startOfLine(text: string, body: Body, line: number): number {
  let start = body.start;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", start);
    if (end < 0 || end >= body.end) return body.start;
    start = end + 1;
  }
  const [space = ""] = /^[ \t]*/.exec(text.slice(start, body.end)) ?? [];
  return start + space.length;
}

/**
 * Finds the server's position by searching the body for the text that ran. PERFORM runs as a SELECT and EXECUTE runs a
 * computed text, so it may be missing.
 */
function offsetOfQuery(text: string, from: number, to: number, error: DatabaseError): number | undefined {
  const { internalQuery: query, internalPosition } = error;
  if (query === undefined || internalPosition === undefined) return undefined;
  const inQuery = offsetOfCharacter(query, Number(internalPosition) - 1);
  const region = text.slice(from, to);
  for (const dropped of [0, "SELECT ".length]) {
    const found = indexOfWords(region, query.slice(dropped));
    if (found >= 0 && inQuery >= dropped) return from + found + inQuery - dropped;
  }
  return undefined;
}

/** Like indexOf, for whole words only, since the text may be as short as a variable's name. */
function indexOfWords(text: string, wanted: string): number {
  const word = /[\w$\u0080-\uffff]{2}/;
  let at = text.indexOf(wanted);
  for (; at >= 0; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length;
    if (!word.test(text.slice(Math.max(0, at - 1), at + 1)) && !word.test(text.slice(end - 1, end + 1))) break;
  }
  return at;
}
