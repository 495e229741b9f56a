import { unanswered } from "../files/header";
import { type Check, checkProblems, mentionsChecks, readChecks, type Span } from "./checks";
import { mentionsContract, misplacedContract } from "./contract";
import { ParseError, parse } from "./parser";
import { excerpt, positionAt } from "./position";
import { isCertainlyPlain, refusalOf } from "./refusals";
import { eachStatement, type ScanProblem, type Statement } from "./scanner";
import type { Step } from "./steps";

/** Mark on the first line of a file that cannot run in a transaction. */
const NO_TRANSACTION = /^--\s*migrate:no-transaction\s*$/;

export interface Script {
  /** The text to send. A BEGIN and COMMIT around the whole file are blanked out, so that positions stay. */
  readonly text: string;
  /** Number of statements in `text`. */
  readonly statements: number;
  /** False for a file marked `-- migrate:no-transaction`. */
  readonly transactional: boolean;
  /** Statements as PostgreSQL's parser splits them, of a file that is not transactional. */
  readonly steps?: readonly Step[];
  /** Conditions that have to hold before its first statement. */
  readonly checks: readonly Check[];
  /** Whether it holds nothing but comments. Whether that is a problem depends on what it is for. */
  readonly empty: boolean;
  /** Problems that keep the file from running, each with its place. */
  readonly problems: readonly string[];
}

/** A file as its words show it. */
export interface Draft extends Omit<Script, "problems" | "steps"> {
  readonly scanned: readonly ScanProblem[];
  /** Statements that only the parser can judge. */
  readonly unclear: readonly Statement[];
}

/** Splits the text of one file, without the parser. */
export function draft(text: string): Draft {
  const transactional = !NO_TRANSACTION.test(text.split(/[\n\r]/, 1)[0] ?? "");
  const unsure: Statement[] = [];
  const spans: Span[] = [];
  const checked = mentionsChecks(text);
  const marked = mentionsContract(text);
  let [first, last]: (Statement | undefined)[] = [];
  let found = 0;
  const scanned = eachStatement(text, (statement) => {
    first ??= statement;
    last = statement;
    found++;
    if (checked || marked) spans.push({ start: statement.start, end: statement.end });
    if (!isCertainlyPlain(text, statement)) unsure.push(statement);
  });
  const wrapper = transactional && scanned.length === 0 ? wrapping(first, last) : [];
  const unclear = unsure.filter((statement) => !wrapper.includes(statement));
  const statements = found - wrapper.length;
  const empty = statements === 0 && scanned.length === 0;
  const checks = checked ? readChecks(text, spans, scanned) : [];
  if (marked) scanned.push(...misplacedContract(text, spans));
  return { text: wrapper.reduce(blank, text), statements, transactional, checks, empty, scanned, unclear };
}

/** Checks the text of one file before anything is sent. `file` names it in problems. */
export async function prepare(file: string, text: string, drafted = draft(text)): Promise<Script> {
  const { scanned, unclear, ...script } = drafted;
  const found = [...scanned];
  for (const statement of unclear) {
    const message = await judge(text, statement, script.transactional);
    if (message !== undefined) found.push({ offset: statement.start, message });
  }
  found.push(...(await checkProblems(script.checks)));
  const problems = found.map((problem) => describe(file, text, problem));
  const open = unanswered(text);
  if (open) problems.push(describe(file, text, { offset: open.offset, message: unfilled(open.word) }));
  return { ...script, problems };
}

/** Leaves a syntax error to the server, which parses the whole file before it runs any of it. */
async function judge(text: string, { start, end }: Statement, transactional: boolean): Promise<string | undefined> {
  try {
    const [statement] = await parse(text.slice(start, end));
    return statement && refusalOf(statement.node, transactional);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return undefined;
  }
}

function unfilled(word: string): string {
  return `The header is as \`migrate create\` wrote it. Say after ${word}: what the reader of this file has to know.`;
}

function describe(file: string, text: string, { offset, message }: ScanProblem): string {
  const position = positionAt(text, offset);
  return `${file}:${position.line}:${position.column}: ${message}\n${excerpt(position)}`;
}

/** Recognises BEGIN and COMMIT around the whole file, as golang-migrate's tutorial advises. They change nothing. */
function wrapping(first: Statement | undefined, last: Statement | undefined): Statement[] {
  if (!first || !last) return [];
  const opens = /^(BEGIN( WORK| TRANSACTION)?|START TRANSACTION)$/.test(first.words.join(" "));
  const closes = /^(COMMIT|END)( WORK| TRANSACTION)?$/.test(last.words.join(" "));
  return opens && closes ? [first, last] : [];
}

/** Blanks a statement out and keeps length and lines. */
function blank(text: string, { start, end }: Statement): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
}
