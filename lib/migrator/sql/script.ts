import { unanswered } from "../files/header";
import { type Check, checkProblems, readChecks } from "./checks";
import { excerpt, positionAt } from "./position";
import { type Scan, type ScanProblem, type Statement, scan } from "./scanner";
import type { Step } from "./steps";

/** Mark on the first line of a file that cannot run in a transaction. */
const NO_TRANSACTION = /^--\s*migrate:no-transaction\s*$/;

export interface Script {
  /** The text to send. A BEGIN and COMMIT around the whole file are blanked out, so that positions stay. */
  readonly text: string;
  readonly statements: readonly Statement[];
  /** False for a file marked `-- migrate:no-transaction`. */
  readonly transactional: boolean;
  /** Statements as PostgreSQL's parser splits them, of a file that is not transactional. */
  readonly steps?: readonly Step[];
  /** Conditions that have to hold before its first statement. */
  readonly checks: readonly Check[];
  /** Problems that keep the file from running, each with its place. */
  readonly problems: readonly string[];
}

/** Checks the text of one file before anything is sent. `file` names it in problems. */
export function prepare(file: string, text: string): Script {
  const transactional = !NO_TRANSACTION.test(text.split(/[\n\r]/, 1)[0] ?? "");
  const scanned = scan(text);
  const wrapper = transactional ? wrapping(scanned) : [];
  const statements = scanned.statements.filter((statement) => !wrapper.includes(statement));
  const found = [...scanned.problems, ...statements.flatMap((statement) => checkStatement(statement, transactional))];
  const checks = readChecks(text, scanned.statements, found);
  const problems = found.map((problem) => describe(file, text, problem));
  if (statements.length === 0 && found.length === 0) problems.push(empty(file));
  const open = unanswered(text);
  if (open) problems.push(describe(file, text, { offset: open.offset, message: unfilled(open.word) }));
  return { text: wrapper.reduce(blank, text), statements, transactional, checks, problems };
}

/** Finds what is wrong with a script's checks, which only PostgreSQL's parser tells, each with its place. */
export async function problemsOfChecks(file: string, { text, checks }: Script): Promise<string[]> {
  return (await checkProblems(checks)).map((problem) => describe(file, text, problem));
}

function unfilled(word: string): string {
  return `The header is as \`migrate create\` wrote it. Say after ${word}: what the reader of this file has to know.`;
}

function empty(file: string): string {
  return `${file} holds no statement, so it would be recorded without having done anything. If nothing is to be done, say so: write \`select 1;\` and why.`;
}

function describe(file: string, text: string, { offset, message }: ScanProblem): string {
  const position = positionAt(text, offset);
  return `${file}:${position.line}:${position.column}: ${message}\n${excerpt(position)}`;
}

/** Recognises BEGIN and COMMIT around the whole file, as golang-migrate's tutorial advises. They change nothing. */
function wrapping({ statements, problems }: Scan): Statement[] {
  const [first, last] = [statements[0], statements.at(-1)];
  if (!first || !last || problems.length > 0) return [];
  const opens = /^(BEGIN( WORK| TRANSACTION)?|START TRANSACTION)$/.test(first.words.join(" "));
  const closes = /^(COMMIT|END)( WORK| TRANSACTION)?$/.test(last.words.join(" "));
  return opens && closes ? [first, last] : [];
}

/** Blanks a statement out and keeps length and lines. */
function blank(text: string, { start, end }: Statement): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
}

function checkStatement(statement: Statement, transactional: boolean): ScanProblem[] {
  const words = statement.words.join(" ");
  const name = TRANSACTION_STATEMENT.exec(words)?.[0];
  if (name && !/^ROLLBACK( WORK| TRANSACTION)? TO\b/.test(words)) {
    return [{ offset: statement.start, message: transactionProblem(name, transactional) }];
  }
  if (statement.words.includes("PG_ADVISORY_UNLOCK_ALL")) return [{ offset: statement.start, message: UNLOCK_ALL }];
  if (words === "RESET ALL") return [{ offset: statement.start, message: RESET_ALL }];
  if (transactional && SET_TRANSACTION.test(words)) return [{ offset: statement.start, message: MODE_OF_TRANSACTION }];
  const outside = transactional ? OUTSIDE_TRANSACTION.find(({ pattern }) => pattern.test(words)) : undefined;
  if (!outside) return [];
  const message = `${outside.name} cannot run in a transaction. Put it into a file of its own whose first line is \`-- migrate:no-transaction\`.`;
  return [{ offset: statement.start, message }];
}

function transactionProblem(name: string, transactional: boolean): string {
  return transactional
    ? `${name} would end or change the transaction that holds the migration and its record. Remove it: each file is one transaction by itself (a plain BEGIN at the start with a COMMIT at the end is understood and does no harm).`
    : `${name} opens or ends a transaction in a file marked \`-- migrate:no-transaction\`. Move what belongs to one transaction into a file of its own, without the mark.`;
}

const UNLOCK_ALL =
  "pg_advisory_unlock_all() would give away the lock that keeps other runners out. Release by its key what the file has locked.";

const RESET_ALL =
  "RESET ALL would take away the limits under which the file runs (lock_timeout, statement_timeout). Remove it: what a file sets ends with the file. Or reset by name what it has set.";

const SET_TRANSACTION = /^SET (SESSION |LOCAL )?(TRANSACTION|TRANSACTION_ISOLATION|TRANSACTION_READ_ONLY)\b/;

const MODE_OF_TRANSACTION =
  "SET TRANSACTION has to come before the transaction's first query, and before the file's first statement runs what makes sure that the migration before it is recorded. Remove it: each file runs in READ COMMITTED, READ WRITE; lock what has to stay as it is (LOCK TABLE, SELECT … FOR UPDATE).";

const TRANSACTION_STATEMENT = /^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE TRANSACTION)\b/;

/** Statements that the server refuses in a transaction block, or that would do nothing there. */
const OUTSIDE_TRANSACTION = [
  { name: "CREATE INDEX CONCURRENTLY", pattern: /^CREATE (UNIQUE )?INDEX CONCURRENTLY\b/ },
  { name: "DROP INDEX CONCURRENTLY", pattern: /^DROP INDEX CONCURRENTLY\b/ },
  { name: "REINDEX CONCURRENTLY", pattern: /^REINDEX\b.* CONCURRENTLY\b/ },
  { name: "REINDEX of a schema, database or system", pattern: /^REINDEX (\w+ )*?(SCHEMA|DATABASE|SYSTEM)\b/ },
  { name: "DETACH PARTITION … CONCURRENTLY", pattern: /^ALTER TABLE\b.* DETACH PARTITION\b.* CONCURRENTLY\b/ },
  { name: "VACUUM", pattern: /^VACUUM\b/ },
  { name: "CREATE DATABASE", pattern: /^CREATE DATABASE\b/ },
  { name: "DROP DATABASE", pattern: /^DROP DATABASE\b/ },
  { name: "ALTER DATABASE … SET TABLESPACE", pattern: /^ALTER DATABASE\b.* SET TABLESPACE\b/ },
  { name: "CREATE TABLESPACE", pattern: /^CREATE TABLESPACE\b/ },
  { name: "DROP TABLESPACE", pattern: /^DROP TABLESPACE\b/ },
  { name: "ALTER SYSTEM", pattern: /^ALTER SYSTEM\b/ },
  { name: "DISCARD ALL", pattern: /^DISCARD ALL\b/ },
] as const;
