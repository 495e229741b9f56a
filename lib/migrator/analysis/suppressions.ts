import { offsetOfCharacter, positionAt } from "../sql/position";
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
  /** What it is on or above. */
  readonly statement: Place | undefined;
  readonly wholeFile: boolean;
}

/** The place of a statement in a text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export interface SuppressOptions {
  readonly text: string;
  readonly statements: readonly Place[];
  /** Whether a rule has been applied, so that a comment against it that was of no use is a mistake. */
  readonly applied: (rule: string) => boolean;
}

/** Leaves out what comments put aside with a reason, and adds what is wrong with the comments. */
export function suppress(found: readonly Finding[], { text, statements, applied }: SuppressOptions): Finding[] {
  const suppressions = read(text, statements);
  const covers = ({ rules, wholeFile, statement }: Suppression, finding: Finding) =>
    rules.includes(finding.rule) && (wholeFile || (statement && statementAt(statements, text, finding) === statement));
  const left = found.filter((finding) => !suppressions.some((each) => each.reason !== "" && covers(each, finding)));
  const problems = suppressions.flatMap((each) =>
    problemsOf(each, (rule) => found.some((finding) => finding.rule === rule && covers(each, finding)), applied),
  );
  return [...left, ...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

function read(text: string, statements: readonly Place[]): Suppression[] {
  return [...text.matchAll(COMMENT)].flatMap((match) => {
    // Inside of a string or of another comment it is text.
    if (scan(text.slice(0, match.index)).problems.length > 0) return [];
    const [, kind, rules = "", reason = ""] = match;
    const { line, column } = positionAt(text, match.index);
    return {
      rules: rules.split(/[\s,]+/).filter(Boolean),
      reason: reason.trim(),
      line,
      column,
      wholeFile: kind === "ignore-file",
      statement: ownStatement(text, statements, match.index),
    };
  });
}

/** The statement that a comment is in, or behind on its last line; else the next one. */
function ownStatement(text: string, statements: readonly Place[], offset: number): Place | undefined {
  const behind = statements.filter(({ end }) => end <= offset && !text.slice(end, offset).includes("\n")).at(-1);
  const around = statements.find(({ start, end }) => start <= offset && offset < end);
  return around ?? behind ?? statements.find(({ start }) => start > offset);
}

/** The statement that a finding is in. */
function statementAt(statements: readonly Place[], text: string, { line, column }: Finding): Place | undefined {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const offset = before + offsetOfCharacter(lines[line - 1] ?? "", column - 1);
  return statements.find(({ start, end }) => start <= offset && offset <= end);
}

function problemsOf(
  { rules, reason, line, column }: Suppression,
  useful: (rule: string) => boolean,
  applied: (rule: string) => boolean,
): Finding[] {
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
    if (!RULES.has(rule) && !rule.startsWith("squawk/"))
      found.push(
        problem(
          "ignore-unknown-rule",
          `No rule is called ${rule}.`,
          `Rules: ${[...RULES].join(", ")}; squawk's as squawk/NAME.`,
        ),
      );
    else if (applied(rule) && !useful(rule))
      found.push(problem("ignore-nothing", `Nothing here is against ${rule}.`, "Remove the comment."));
  }
  return found;
}
