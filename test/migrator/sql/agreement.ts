import { ParseError, parse } from "../../../lib/migrator/sql/parser";
import { type Scan, scan } from "../../../lib/migrator/sql/scanner";

const UNTERMINATED = /^unterminated /;
/** A string that goes on after a comment: PostgreSQL's own scanner takes it, libpg_query's, which is to keep comments, does not. */
const CONTINUED_AFTER_COMMENT = /'(?:[ \t\n\r\f]|--[^\n\r]*[\n\r])*--[^\n\r]*[\n\r][ \t\n\r\f]*'/;

/** How the scanner and PostgreSQL's parser look at a text: `parsed` both split it alike, `unterminated` both say so, `invalid` only PostgreSQL judges. */
export type Verdict = "parsed" | "unterminated" | "invalid";

/** @throws Error that shows the text and both opinions, where they differ */
export async function agree(sql: string): Promise<Verdict> {
  if (CONTINUED_AFTER_COMMENT.test(sql)) return "invalid";
  const scanned = scan(sql);
  try {
    const parsed = await parse(sql);
    const theirs = parsed.map(({ start, end }) => sql.slice(start, end));
    if (scanned.problems.length > 0) differ(sql, scanned, theirs);
    if (scanned.statements.length !== parsed.length) differ(sql, scanned, theirs);
    parsed.forEach(({ start, end }, index) => {
      const ours = scanned.statements[index];
      const alike = ours && isBlank(sql.slice(start, ours.start)) && endsAlike(sql, ours.end, end);
      if (!alike) differ(sql, scanned, theirs);
    });
    return "parsed";
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (!UNTERMINATED.test(error.message)) return "invalid";
    if (!scanned.problems.some(({ offset }) => offset === error.offset)) differ(sql, scanned, error);
    return "unterminated";
  }
}

/** Ours ends after the semicolon, or after the last token; theirs before the semicolon, or with the text. */
function endsAlike(sql: string, ours: number, theirs: number): boolean {
  return sql[ours - 1] === ";" && ours === theirs + 1 ? true : ours <= theirs && isBlank(sql.slice(ours, theirs));
}

/** Whether there are only white space and comments, by PostgreSQL's definition of both. */
function isBlank(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const [edge] = /^(\/\*|\*\/)/.exec(rest) ?? [];
    const [space] = (depth > 0 ? /^[\s\S]/ : /^([ \t\n\r\f]|--[^\n\r]*)/).exec(rest) ?? [];
    if (edge) depth += edge === "/*" ? 1 : -1;
    else if (!space || depth < 0) return false;
    at += (edge ?? space ?? "").length;
  }
  return depth === 0;
}

function differ(sql: string, { statements, problems }: Scan, theirs: unknown): never {
  const ours = statements.map(({ start, end }) => sql.slice(start, end));
  throw new Error(
    `The scanner and the parser differ on ${JSON.stringify(sql)}:\nscanner ${JSON.stringify({ ours, problems })}\nparser ${theirs instanceof ParseError ? `${theirs.message} at ${theirs.offset}` : JSON.stringify(theirs)}`,
  );
}
