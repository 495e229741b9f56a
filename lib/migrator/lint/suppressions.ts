import type { ProjectRule } from "../settings/project";
import { offsetOfCharacter, placesIn } from "../sql/position";
import { scan } from "../sql/scanner";
import { RULES } from "./advice";
import type { Finding } from "./rules";

/** `-- lint:ignore RULE, RULE: reason`, or `-- lint:ignore-file …` for every statement of the file. */
const COMMENT = /--[ \t]*lint:(ignore-file|ignore)\b[ \t]*([^:\n]*)(?::[ \t]*([^\n]*))?/g;

interface Suppression {
  readonly rules: readonly string[];
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  /** The statement that it stands on or above. */
  readonly statement: StatementRange | undefined;
  readonly wholeFile: boolean;
}

/** The place of a statement in a text. */
export interface StatementRange {
  readonly start: number;
  readonly end: number;
}

export interface SuppressOptions {
  readonly text: string;
  readonly statements: readonly StatementRange[];
  /** Report comments against rules that found nothing. @default true */
  readonly reportUnused?: boolean;
  /** The project's rules for this file. */
  readonly project?: readonly ProjectRule[];
}

/** A finding that somebody put aside. */
export interface SetAside extends Finding {
  readonly reason: string;
  /** The kind of comment, or the project's settings. */
  readonly by: "lint:ignore" | "lint:ignore-file" | "project";
}

export interface Judged {
  readonly findings: readonly Finding[];
  readonly setAside: readonly SetAside[];
}

/** The rules that a project sets aside for the files of a version. A file without a number has none. */
export function rulesFor(version: number | undefined, rules: readonly ProjectRule[] = []): ProjectRule[] {
  return rules.filter(({ upTo }) => version !== undefined && version <= upTo);
}

/**
 * Takes out the findings that a comment or the project puts aside with a reason, and adds problems of the comments
 * themselves. A comment is used first: it knows its statement.
 */
export function suppress(
  found: readonly Finding[],
  { text, statements, reportUnused = true, project = [] }: SuppressOptions,
): Judged {
  const suppressions = read(text, statements);
  const ofFile = suppressions.filter(({ wholeFile }) => wholeFile);
  const ofStatements = new Map<StatementRange | undefined, Suppression[]>(
    statements.map((statement) => [statement, []]),
  );
  for (const each of suppressions) if (!each.wholeFile) ofStatements.get(each.statement)?.push(each);
  const statementOf = statementsAt(statements, text);
  const useful = new Map(suppressions.map((each) => [each, new Set<string>()]));
  const left: Finding[] = [];
  const setAside: SetAside[] = [];
  for (const finding of found) {
    const covering = [...ofFile, ...(ofStatements.get(statementOf(finding)) ?? [])].filter(({ rules }) =>
      rules.includes(finding.rule),
    );
    for (const each of covering) useful.get(each)?.add(finding.rule);
    const comment = covering.find(({ reason }) => reason !== "");
    const rule = project.find(({ rule }) => rule === finding.rule);
    if (comment)
      setAside.push({ ...finding, reason: comment.reason, by: comment.wholeFile ? "lint:ignore-file" : "lint:ignore" });
    else if (rule) setAside.push({ ...finding, reason: rule.reason, by: "project" });
    else left.push(finding);
  }
  const problems = [...useful].flatMap(([each, rules]) => problemsOf(each, (rule) => !reportUnused || rules.has(rule)));
  return { findings: inOrder([...left, ...problems]), setAside: inOrder(setAside) };
}

function inOrder<Each extends Finding>(found: readonly Each[]): Each[] {
  return [...found].sort((a, b) => a.line - b.line || a.column - b.column);
}

function read(text: string, statements: readonly StatementRange[]): Suppression[] {
  const placeOf = placesIn(text);
  return [...text.matchAll(COMMENT)].flatMap((match) => {
    const before = lastFrom(statements, match.index);
    const place = statements[before];
    // Text inside a string or another comment is no comment. At a statement's start or end neither is open.
    const outside = place ? (match.index < place.end ? place.start : place.end) : 0;
    if (scan(text.slice(outside, match.index)).problems.length > 0) return [];
    const [, kind, rules = "", reason = ""] = match;
    const { line, column } = placeOf(match.index);
    // On a statement's last line it belongs to that statement, else to the next one.
    const own = place !== undefined && !text.slice(place.end, match.index).includes("\n");
    return {
      rules: rules.split(/[\s,]+/).filter(Boolean),
      reason: reason.trim(),
      line,
      column,
      wholeFile: kind === "ignore-file",
      statement: own ? place : statements[before + 1],
    };
  });
}

/** Index of the last statement that begins at or before an offset; -1 for none. */
function lastFrom(statements: readonly StatementRange[], offset: number): number {
  let [low, high] = [0, statements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((statements[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Finds the statement of a finding. */
function statementsAt(
  statements: readonly StatementRange[],
  text: string,
): (finding: Finding) => StatementRange | undefined {
  const lines = text.split("\n");
  let next = 0;
  const starts = lines.map((line) => {
    const start = next;
    next += line.length + 1;
    return start;
  });
  return ({ line, column }) => {
    const offset = (starts[line - 1] ?? text.length) + offsetOfCharacter(lines[line - 1] ?? "", column - 1);
    const place = statements[lastFrom(statements, offset)];
    return place && offset <= place.end ? place : undefined;
  };
}

function problemsOf({ rules, reason, line, column }: Suppression, useful: (rule: string) => boolean): Finding[] {
  const problem = (rule: string, why: string, instead: string): Finding => ({ rule, line, column, why, instead });
  const example = "Write -- lint:ignore RULE: why it does no harm here.";
  if (rules.length === 0)
    return [problem("ignore-without-rule", "The comment does not say which rule it puts aside.", example)];
  const found =
    reason === ""
      ? [
          problem(
            "ignore-without-reason",
            `The comment puts ${rules.join(", ")} aside and does not say why, so it counts for nothing.`,
            example,
          ),
        ]
      : [];
  for (const rule of rules) {
    if (!RULES.has(rule))
      found.push(problem("ignore-unknown-rule", `No rule is called ${rule}.`, `Rules: ${[...RULES].join(", ")}.`));
    else if (!useful(rule))
      found.push(problem("ignore-nothing", `Nothing here is against ${rule}.`, "Remove the comment."));
  }
  return found;
}
