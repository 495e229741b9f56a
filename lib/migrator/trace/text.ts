import { duration } from "../base/events";
import { bare } from "./compare";
import type { TracedEffect, TracedStatement } from "./statement";
import type { TracedMigration } from "./trace";

const HEAD = ["line", "statement", "relation", "lock", "blocks", "work", "rows", "time", "prediction"] as const;

type Row = readonly string[];

/** Renders traces as tables for a person. */
export function renderTrace(migrations: readonly TracedMigration[]): string[] {
  return migrations.flatMap((migration) => {
    const rows = [HEAD, ...migration.statements.flatMap(rowsOf)];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
    const notes = migration.statements.flatMap(notesOf);
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
  return migrations.flatMap((migration) => {
    const rows = [HEAD, HEAD.map(() => "---"), ...migration.statements.flatMap(rowsOf)];
    const notes = migration.statements.flatMap(notesOf);
    return [
      `### ${code(migration.file)}`,
      "",
      `As ${how(migration)}.`,
      "",
      ...rows.map((row) => `| ${row.map(escaped).join(" | ")} |`),
      "",
      ...notes.map((note) => `- ${escaped(note)}`),
      ...(notes.length > 0 ? [""] : []),
    ];
  });
}

const how = ({ transactional }: TracedMigration) =>
  transactional ? "one transaction" : "statement by statement, each committed by itself";

/** One row for each relation, the first with what belongs to the statement. */
function rowsOf(statement: TracedStatement): Row[] {
  const { line, kind, rows, milliseconds, effects, failed } = statement;
  const cells = effects.map(({ relation, ...effect }) => [bare(relation), ...effectOf(effect)]);
  const [first = ["", failed === undefined ? "no table" : "", "", ""], ...rest] = cells;
  const ending = [rows === undefined ? "" : String(rows), duration(milliseconds), verdict(statement)];
  return [[String(line), kind, ...first, ...ending], ...rest.map((row) => ["", "", ...row, "", "", ""])];
}

function effectOf({ isNew, lock, blocks, work }: Omit<TracedEffect, "relation">): Row {
  if (isNew) return ["new", "nothing", ""];
  return [
    lock ?? "held before",
    lock ? blocks : "",
    work === "rewrite" ? "rewrites it" : work ? "reads all of it" : "",
  ];
}

function verdict({ differences, unknown, failed, sampled }: TracedStatement): string {
  if (failed !== undefined) return "failed";
  if (differences.length > 0) return "DIFFERENT";
  return `${unknown === undefined ? "as predicted" : "could not be known"}${sampled ? " (sampled)" : ""}`;
}

function notesOf({ line, kind, differences, told, failed, sampled }: TracedStatement): string[] {
  return [
    ...differences.map((difference) => `line ${line}, ${kind}: ${difference}.`),
    ...(failed === undefined ? [] : [`line ${line}, ${kind}: failed: ${failed}`]),
    ...(sampled ? [`line ${line}, ${kind}: its locks were seen from another session, which may miss brief ones.`] : []),
    ...told.map((message) => `line ${line}, ${kind}: the server says: ${message}`),
  ];
}

const code = (text: string) => `\`${text}\``;
const escaped = (text: string) => text.replace(/[\\|*_<>`]/g, "\\$&").replace(/\s+/g, " ");
