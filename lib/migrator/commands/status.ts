import { EXIT } from "../../contract";
import { count, duration } from "../events";
import { createMigrator } from "../migrator";
import type { MigrationStatus, Status } from "../status";
import type { Command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, migratorOptions, Numbers } from "./flags";

/** Read-only. Exits 3 while anything is pending, so a readiness gate can call it. */
export const status: Command = {
  name: "status",
  summary: "List migrations; exit 3 if any is pending, 5 if up would refuse.",
  description: "Reads only: no lock, no write.",
  flags: { ...DIRECTORY_FLAG, ...CONNECT_FLAG },
  async run(context) {
    const found = await createMigrator(migratorOptions(context, new Numbers(context.values))).status();
    if (context.output.json) {
      for (const migration of found.migrations) context.output.result([], { migration: true, ...migration });
    }
    const { migrations: _, ...summary } = found;
    context.output.result(render(found), { result: "status", ...summary });
    if (found.problems.length > 0) return EXIT.refused;
    return found.pending > 0 ? EXIT.pending : EXIT.ok;
  },
};

function render(found: Status): string[] {
  const { database, version, dirty, pending, problems, warnings } = found;
  const state = pending > 0 ? `${pending} pending` : "nothing pending";
  return [
    `${database} is at version ${version}${dirty ? " and dirty" : ""}, ${state}.`,
    ...table(found.migrations),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(problems.length > 0 ? [`up would refuse, for ${count(problems.length, "reason")}:`] : []),
    ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`),
  ];
}

function table(migrations: readonly MigrationStatus[]): string[] {
  const rows = migrations.map(({ version, name, state, appliedAt, milliseconds, appliedBy }) => [
    String(version),
    name,
    state,
    appliedAt ? `${appliedAt.toISOString().slice(0, 19).replace("T", " ")} UTC` : "",
    milliseconds === undefined ? "" : duration(milliseconds),
    appliedBy ?? "",
  ]);
  const lines = [["version", "name", "state", "applied", "took", "by"], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    `  ${line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  ")}`.trimEnd(),
  );
}

/** Versions and durations are numbers: to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === 4 ? cell.padStart(width) : cell.padEnd(width);
}
