import { stronger } from "../analysis/locks";
import { duration } from "../base/events";
import { bare } from "./compare";
import type { TracedEffect, TracedStatement } from "./statement";
import type { TracedMigration } from "./trace";

const HEAD = ["line", "statement", "relation", "lock", "blocks", "work", "rows", "time", "prediction"] as const;

type Row = readonly string[];

/** Renders traces as tables for a person. */
export function renderTrace(migrations: readonly TracedMigration[]): string[] {
  return migrations.filter(hasRun).flatMap((migration) => {
    const runs = inRuns(migration.statements);
    const rows = [HEAD, ...runs.flatMap(rowsOf)];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
    const notes = [...runs.flatMap(({ first }) => notesOf(first)), ...sampledNote(migration)];
    return [
      `${migration.file} (${how(migration)})`,
      ...lines.map((line) => `  ${line}`),
      ...notes.map((note) => `  ${note}`),
      "",
    ];
  });
}

/** Renders traces as Markdown, for a pull request. */
export function markdownTrace(migrations: readonly TracedMigration[]): string[] {
  return migrations.filter(hasRun).flatMap((migration) => {
    const runs = inRuns(migration.statements);
    const rows = [HEAD, HEAD.map(() => "---"), ...runs.flatMap(rowsOf)];
    const notes = [...runs.flatMap(({ first }) => notesOf(first)), ...sampledNote(migration)];
    return [
      `### ${code(migration.file)}`,
      "",
      `Run as ${how(migration)}.`,
      "",
      ...rows.map((row) => `| ${row.map(escaped).join(" | ")} |`),
      "",
      ...notes.map((note) => `- ${escaped(note)}`),
      ...(notes.length > 0 ? [""] : []),
    ];
  });
}

/** A file that the checks refuse has no statements. */
const hasRun = ({ statements }: TracedMigration) => statements.length > 0;

const how = ({ transactional }: TracedMigration) =>
  transactional ? "one transaction" : "single statements, each committed by itself";

/** Statements that are told alike. */
interface Run {
  readonly first: TracedStatement;
  readonly cells: readonly Row[];
  readonly times: number;
  readonly rows: number | undefined;
  readonly milliseconds: number;
}

/** Joins repeated statements: a hundred rows that are inserted one by one are one line. */
function inRuns(statements: readonly TracedStatement[]): Run[] {
  const runs: Run[] = [];
  for (const first of statements) {
    const cells = first.effects.map(({ relation, ...effect }) => [bare(relation), ...effectOf(effect)]);
    const run = { first, cells, times: 1, rows: first.rows, milliseconds: first.milliseconds };
    const last = runs.at(-1);
    if (!last || !isAlike(last, run)) runs.push(run);
    else
      runs.splice(-1, 1, {
        ...last,
        times: last.times + 1,
        rows: run.rows === undefined ? last.rows : run.rows + (last.rows ?? 0),
        milliseconds: last.milliseconds + run.milliseconds,
      });
  }
  return runs;
}

function isAlike(a: Run, b: Run): boolean {
  const told = ({ first, cells }: Run) =>
    JSON.stringify([first.kind, cells, verdict(first), notesOf({ ...first, line: 0 })]);
  return told(a) === told(b);
}

/** One row for each relation, the first with what belongs to the statement. */
function rowsOf({ first: statement, cells, times, rows, milliseconds }: Run): Row[] {
  const { line, kind, failed } = statement;
  const [first = ["", "", failed === undefined ? "nothing" : "", ""], ...rest] = cells;
  const ending = [rows === undefined ? "" : String(rows), duration(milliseconds), verdict(statement)];
  const label = times > 1 ? `${kind} ×${times}` : kind;
  return [[String(line), label, ...first, ...ending], ...rest.map((row) => ["", "", ...row, "", "", ""])];
}

function effectOf({ isNew, lock, held, blocks, work }: Omit<TracedEffect, "relation">): Row {
  if (isNew) return ["new", "nothing", ""];
  const mode = lock === undefined ? `${held} from before` : lock;
  const under = lock && held && stronger(lock, held) === held ? `${lock}, ${held} from before` : mode;
  return [under, blocks, work === "rewrite" ? "rewrites it" : work ? "reads all of it" : ""];
}

function verdict({ differences, unknown, failed, sampled }: TracedStatement): string {
  if (failed !== undefined) return "failed";
  if (differences.length > 0) return "DIFFERENT";
  return `${unknown === undefined ? "as predicted" : "could not be known"}${sampled ? " (sampled)" : ""}`;
}

function notesOf({ line, kind, differences, told, failed, unknown }: TracedStatement): string[] {
  const messages = unknown !== undefined || differences.length > 0 ? told : [];
  return [
    ...differences.map((difference) => `line ${line}, ${kind}: ${difference}.`),
    ...(failed === undefined ? [] : [`line ${line}, ${kind}: failed: ${failed}`]),
    ...messages.map((message) => `line ${line}, ${kind}: the server says: ${message}`),
  ];
}

/** Explains the mark of rows whose locks another session saw. */
function sampledNote({ statements }: TracedMigration): string[] {
  return statements.some(({ sampled }) => sampled)
    ? ["(sampled): its locks were seen from another session, which may miss brief ones."]
    : [];
}

const code = (text: string) => `\`${text}\``;
const escaped = (text: string) => text.replace(/[\\|*_<>`]/g, "\\$&").replace(/\s+/g, " ");
