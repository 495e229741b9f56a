import { checksum } from "../base/text";
import { type Nature, natureOf } from "./nature";
import { ParseError, type ParseNode, parse } from "./parser";
import { excerpt, positionAt } from "./position";
import { scan } from "./scanner";
import { as, open } from "./tree";

/** One statement of a file that runs statement by statement. */
export interface Step {
  /** Counted from 1. */
  readonly number: number;
  /** Offset in the file's text of its first token. */
  readonly start: number;
  /** Text without the semicolon. */
  readonly text: string;
  /** SHA-256 in hex over `text`. */
  readonly checksum: string;
  readonly nature: Nature;
  /** Changes only the session, so it runs again when another session resumes the file. */
  readonly session: boolean;
  /** Sets `lock_timeout`, so the migrator leaves that alone. */
  readonly setsLockTimeout: boolean;
}

/** Splits a file as PostgreSQL does. Adds to `problems` what cannot run statement by statement, each with its place. */
export async function splitSteps(file: string, text: string, problems: string[]): Promise<Step[]> {
  try {
    const steps = (await parse(text)).map(({ start, end, node }, index) => {
      const first = start + (scan(text.slice(start, end)).statements[0]?.start ?? 0);
      const problem = sessionProblem(node);
      if (problem) problems.push(describe(file, text, first, problem));
      return makeStep(index + 1, first, text.slice(first, end), node);
    });
    return steps;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    problems.push(describe(file, text, Math.min(error.offset, text.length), `${error.message}.`));
    return [];
  }
}

function describe(file: string, text: string, offset: number, message: string): string {
  const position = positionAt(text, offset);
  return `${file}:${position.line}:${position.column}: ${message}\n${excerpt(position)}`;
}

function makeStep(number: number, start: number, text: string, node: ParseNode): Step {
  return {
    number,
    start,
    text,
    checksum: checksum(text),
    nature: natureOf(node),
    session: SESSION.has(open(node)[0]),
    setsLockTimeout: as("VariableSetStmt", node)?.name === "lock_timeout",
  };
}

const SESSION: ReadonlySet<string> = new Set(["VariableSetStmt", "PrepareStmt", "DeallocateStmt", "LoadStmt"]);

/** Finds statements that would mean something else if each were its own transaction, or if a later session resumed. */
function sessionProblem(node: ParseNode): string | undefined {
  const setting = as("VariableSetStmt", node);
  if (setting?.is_local || setting?.name === "TRANSACTION") {
    return "this setting would end with its own transaction, before the next statement. Write SET without LOCAL: it holds until the end of the file.";
  }
  if (setting?.name === "standard_conforming_strings") {
    return "this would have the server read the next statements otherwise than they were split. Remove it: it is on, and E'…' knows the backslash.";
  }
  if (setting?.name === "session_authorization") {
    return "SET SESSION AUTHORIZATION would have another user write the record. Use SET ROLE.";
  }
  if (as("LockStmt", node)) {
    return "the lock would be released at once: in this file each statement is a transaction of its own. Move what belongs to one transaction into a file without the mark.";
  }
  if (as("DiscardStmt", node)?.target === "DISCARD_ALL") {
    return "DISCARD ALL would give the migrator's lock away. Remove it: what the file sets ends with the file.";
  }
  if (isTemporary(node)) {
    return "a temporary table would be gone when a later run goes on with this file. Use a table, and drop it in the last statement.";
  }
  return undefined;
}

function isTemporary(node: ParseNode): boolean {
  const { into } = as("CreateTableAsStmt", node) ?? {};
  const made = [
    as("CreateStmt", node)?.relation,
    as("CreateSeqStmt", node)?.sequence,
    as("ViewStmt", node)?.view,
    into?.rel,
    as("SelectStmt", node)?.intoClause?.rel,
  ];
  return made.some((target) => target?.relpersistence === "t");
}
