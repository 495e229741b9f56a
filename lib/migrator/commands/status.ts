import { escapeControls } from "../../common/escape-controls";
import { EXIT } from "../../contract";
import { count, duration, versionText } from "../base/events";
import { createMigrator } from "../migrator";
import type { MigrationStatus, Status } from "../state/status";
import { command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions } from "./flags";

/** Read-only. Exits 3 while anything is pending, so a readiness gate can call it. */
export const status = command({
  name: "status",
  summary: "List migrations; exit 3 if any is pending, 5 if up would refuse.",
  description:
    "Reads only: no lock, no write. The column file tells whether the up file is what ran: ok, changed, or missing here;\nrenumbered or squashed (see repair); broken, if it has a problem of its own.",
  flags: { ...DIRECTORY_FLAG, ...CONNECT_FLAG },
  examples: [
    ["migrate status", "what ran, when, how long, by whom; what is pending"],
    ["migrate status --json | jq 'select(.state == \"pending\").name'", "the names of what is pending"],
  ],
  exits: { [EXIT.pending]: "something is pending", [EXIT.refused]: "up would refuse; it says why" },
  async run(context) {
    const found = await createMigrator(migratorOptions(context)).status();
    if (context.output.json) {
      for (const migration of found.migrations) context.output.result([], { migration: true, ...migration });
    }
    const { migrations: _, ...summary } = found;
    context.output.result(render(found, context.columns), { result: "status", ...summary });
    if (found.problems.length > 0) return EXIT.refused;
    return found.pending > 0 ? EXIT.pending : EXIT.ok;
  },
});

function render(found: Status, columns: number | undefined): string[] {
  const { database, version, dirty, pending, problems, warnings } = found;
  const half = found.migrations.find(({ statements }) => statements);
  const state = [
    pending > 0 ? `${pending} pending` : "nothing pending",
    ...(half ? [`${half.version} half done`] : []),
  ];
  return [
    // A half done migration dirties the database; its own line says what to do.
    `${database} is at ${versionText(version)}${dirty && !half ? " and dirty" : ""}, ${state.join(", ")}.`,
    ...table(found.migrations, columns),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(problems.length > 0 ? [`up would refuse, for ${count(problems.length, "reason")}:`] : []),
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
  ];
}

function table(migrations: readonly MigrationStatus[], columns = Number.POSITIVE_INFINITY): string[] {
  if (migrations.length === 0) return [];
  const rows = migrations.map(({ version, name, state, statements, appliedAt, milliseconds, appliedBy, file }) => [
    String(version),
    // This folder would refuse such a name, but a database may have recorded it before.
    escapeControls(name),
    state.replace("-", " ") + progress(statements),
    appliedAt?.toISOString().slice(0, 19).replace("T", " ") ?? "",
    milliseconds === undefined ? "" : duration(milliseconds),
    appliedBy ?? "",
    file ?? "",
  ]);
  const lines = [["version", "name", "state", "applied (UTC)", "took", "by", "file"], ...rows];
  const widths =
    lines[0]?.map((_, column) => lines.reduce((most, line) => Math.max(most, width(line[column])), 0)) ?? [];
  const name = shortened(widths, columns);
  return lines.map((line) => {
    const cells = line.map((cell, column) =>
      column === NAME ? shorten(cell, name) : pad(cell, widths[column] ?? 0, column),
    );
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** `, 2 of 5 statements`. */
function progress(statements: MigrationStatus["statements"]): string {
  if (!statements) return "";
  const { finished, of } = statements;
  return of === undefined ? `, ${count(finished, "statement")}` : `, ${finished} of ${count(of, "statement")}`;
}

const NAME = 1;
/** A shorter name says nothing; then lines may wrap. */
const SHORTEST_NAME = 12;

/** Width for names that keeps each line within the terminal. */
function shortened(widths: readonly number[], columns: number): number {
  const full = widths[NAME] ?? 0;
  const others = widths.reduce((sum, one) => sum + one + 2, 0) - full;
  return Math.min(full, Math.max(SHORTEST_NAME, columns - others));
}

function shorten(cell: string, width: number): string {
  if (cell.length <= width) return pad(cell, width, NAME);
  const characters = [...cell];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : pad(cell, width, NAME);
}

function width(cell = ""): number {
  return /^[\x20-\x7e]*$/.test(cell) ? cell.length : [...cell].length;
}

/** Aligns versions and durations to the right. */
function pad(cell: string, to: number, column: number): string {
  const space = " ".repeat(Math.max(0, to - width(cell)));
  return column === 0 || column === 4 ? space + cell : cell + space;
}
