import { ParseError, parse } from "./parser";
import { type ScanProblem, type Statement, scan } from "./scanner";

/** A condition at the head of a file, which has to hold before the file's first statement. */
export interface Check {
  /** Offset of its comment in the file's text. */
  readonly start: number;
  /** Offset of its query. */
  readonly queryStart: number;
  /** The query, as long as in the file: what marks comments is blanked out. */
  readonly query: string;
}

const COMMENT = /--[^\n\r]*|\/\*/g;
const CHECK = /^--[ \t]*check[ \t]*:[ \t]*/i;
/** Comments that somebody may take for a check. */
const ALIKE =
  /(?:check|assert)\w*[ \t]*[:=][ \t]*\(?(?:select|with|values|table)\b|^--+[ \t]*[\w:-]*(?:check|assert)\w*[ \t]+select\b/i;
const GOES_ON =
  /^--[ \t]*(?:FROM|WHERE|AND|OR|JOIN|GROUP BY|HAVING|ORDER BY|LIMIT|UNION|EXCEPT|from|where|and|or|join|group by|having|order by|limit|union|except)\b/;

/** The place of a statement. */
export type Span = Pick<Statement, "start" | "end">;

/** Whether a text may hold checks, or comments like them. */
export const mentionsChecks = (text: string): boolean => /check|assert/i.test(text);

/**
 * Finds the lines `-- check: SELECT …` before the first statement. A check goes on in the comment lines below it that are
 * indented by two more spaces. Adds comments that look like a check and are none to `problems`.
 */
export function readChecks(text: string, statements: readonly Span[], problems: ScanProblem[]): Check[] {
  const head = statements[0]?.start ?? text.length;
  const checks: Check[] = [];
  for (const { index, 0: comment } of text.matchAll(COMMENT)) {
    const last = checks.at(-1);
    if (last && index < last.queryStart + last.query.length) continue;
    const line = comment === "/*" ? (/^[^\n\r]*/.exec(text.slice(index))?.[0] ?? "") : comment;
    const isCheck = comment !== "/*" && CHECK.test(line);
    if (!isCheck && !ALIKE.test(line)) continue;
    if (!isComment(text, index, statements)) continue;
    if (isCheck && index < head) checks.push(readCheck(text, index, problems));
    else if (ALIKE.test(line)) problems.push({ offset: index, message: isCheck ? TOO_LATE : NO_CHECK });
  }
  return checks;
}

const NO_CHECK =
  "This looks like a check, but is none, so nothing would evaluate it. Write -- check: SELECT … on a line of its own, before the first statement.";
const TOO_LATE =
  "A check stands before the file's first statement, since it is evaluated before that. Move it there, or write the comment without `check:`.";

/** Whether no string or other comment is open there. At a statement's start and end neither is. */
export function isComment(text: string, offset: number, statements: readonly Span[]): boolean {
  const before = statements.findLast(({ start }) => start <= offset);
  const outside = before ? (offset < before.end ? before.start : before.end) : 0;
  return scan(text.slice(outside, offset)).problems.length === 0;
}

function readCheck(text: string, start: number, problems: ScanProblem[]): Check {
  const [line = ""] = /^[^\n\r]*/.exec(text.slice(start)) ?? [];
  const [mark = ""] = CHECK.exec(line) ?? [];
  const indent = indentOf(line);
  let end = start + line.length;
  for (;;) {
    const [next = "", space = "", comment = ""] = /^(?:\r\n|\n|\r)([ \t]*)(--[^\n\r]*)/.exec(text.slice(end)) ?? [];
    if (next === "" || CHECK.test(comment)) break;
    if (indentOf(comment) < indent + 2) {
      if (GOES_ON.test(comment))
        problems.push({
          offset: end + next.length - comment.length,
          message: `Does the check above go on here? Then indent it by two more spaces${space ? "" : " after the dashes"}; else begin the line with another word.`,
        });
      break;
    }
    end += next.length;
  }
  const query = text.slice(start + mark.length, end).replace(/(^|[\n\r])([ \t]*)--/g, "$1$2  ");
  if (query.trim() === "") problems.push({ offset: start, message: "The check is empty. Write -- check: SELECT …" });
  return { start, queryStart: start + mark.length, query };
}

/** Width of the space after a comment's dashes. */
function indentOf(comment: string): number {
  return /^--([ \t]*)/.exec(comment)?.[1]?.replaceAll("\t", "    ").length ?? 0;
}

/** Finds what cannot be a check: it has to be one query that only reads. */
export async function checkProblems(checks: readonly Check[]): Promise<ScanProblem[]> {
  const problems: ScanProblem[] = [];
  for (const { start, queryStart, query } of checks) {
    if (query.trim() === "") continue;
    try {
      const statements = await parse(query);
      const [statement] = statements;
      const message = statements.length > 1 || !statement ? "A check is one query." : whyNot(statement.node);
      if (message) problems.push({ offset: start, message });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const offset = Math.min(queryStart + error.offset, queryStart + query.trimEnd().length);
      problems.push({ offset, message: `The check cannot be parsed: ${error.message}.` });
    }
  }
  return problems;
}

function whyNot(node: Readonly<Record<string, unknown>>): string | undefined {
  if (!("SelectStmt" in node)) return "A check is a query: SELECT, WITH, VALUES or TABLE.";
  const text = JSON.stringify(node);
  if (/"(Insert|Update|Delete|Merge)Stmt":/.test(text))
    return "A check only reads. Move what it writes into a statement.";
  if (text.includes('"intoClause":')) return "A check only reads: leave INTO out.";
  if (text.includes('"lockingClause":'))
    return "A check only reads: leave FOR UPDATE and the like out; LOCK TABLE is a statement.";
  if (text.includes('"ParamRef":')) return "A check has no parameters: write the value itself.";
  return undefined;
}
