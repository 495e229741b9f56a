import { EXIT } from "../../contract";
import { count, versionText } from "../base/events";
import { createMigrator } from "../migrator";
import type { Preview } from "../plan/preview";
import { type CommandContext, command } from "./command";
import { CONNECT_FLAG, DIRECTORY_FLAG, EXISTING_FLAG, migratorOptions, SECONDS, WHOLE } from "./flags";
import { projectOf } from "./project";

/** Read-only. Answers a question, so pending migrations are no failure; a gate calls `status` instead. */
export const plan = command({
  name: "plan",
  summary: "Show what up would run, what each statement locks, and what would hold others up.",
  description: `Refuses what up would refuse. Locks and work come from PostgreSQL's own parser, sizes from this database's catalogue;
nothing is run. Tables that the same run makes are new: nobody waits for them. Functions, DO blocks and
CASCADE do what no parse tree shows, and the plan says so. What triggers do is left out.`,
  flags: {
    to: { ...WHOLE, least: 1, help: "Stop after version N. [the newest]" },
    "before-contract": { type: "boolean", help: "Without the newest files that say -- contract." },
    "allow-out-of-order": { type: "boolean", help: "Also pending files below the newest applied version." },
    sql: { type: "boolean", help: "Print the SQL that up would send, record included, instead." },
    data: {
      type: "boolean",
      help: "Ask the rows, too: whether each statement will fail on them, and how many it writes.",
    },
    "data-timeout": { ...SECONDS, help: "How long each query over rows may take, 0 for any. [10]" },
    strict: {
      type: "boolean",
      help: "Exit 5 if anything is found that would hold others up or break them, or rows that a statement fails on.",
    },
    ...EXISTING_FLAG,
    ...DIRECTORY_FLAG,
    ...CONNECT_FLAG,
  },
  examples: [
    ["migrate plan", "every statement with its locks, and advice where one would be felt"],
    ["migrate plan --data", "also the rows that a statement would fail on, counted, and how many are written"],
    ["migrate plan --sql > review.sql", "what the server would be sent"],
  ],
  exits: { [EXIT.refused]: "up would refuse, or --strict and there is a finding or a row that fails" },
  async run(context) {
    const { to, "data-timeout": timeout } = context.values;
    const options = migratorOptions(context);
    const found = await createMigrator({ ...options, privileges: context.privileges() }).plan({
      ...(to !== undefined && { to }),
      beforeContract: context.values["before-contract"] === true,
      allowOutOfOrder: context.values["allow-out-of-order"] === true,
      data: context.values.data === true,
      ...(timeout !== undefined && { timeoutSeconds: timeout }),
      rules: (await projectOf(options.directory)).lint,
      allowExisting: context.values["allow-existing"] === true,
    });
    print(context, found);
    const against = findingsOf(found) + dataOf(found, "fails");
    return context.values.strict && against > 0 ? EXIT.refused : EXIT.ok;
  },
});

function findingsOf({ migrations }: Preview): number {
  return migrations.reduce((sum, { findings }) => sum + findings.length, 0);
}

/** Number of answers from the rows. */
function dataOf({ migrations }: Preview, wanted: "fails" | "unknown"): number {
  return migrations.flatMap(({ data = [] }) => data).filter(({ state }) => state === wanted).length;
}

function print({ output, values }: CommandContext, found: Preview): void {
  const { renderPlan, renderSql } = require("../plan/text") as typeof import("../plan/text");
  if (output.json) printObjects(output, found, values.sql === true);
  const { migrations, ...summary } = found;
  const pending = migrations.map(({ version }) => version);
  const [fails, unknown] = [dataOf(found, "fails"), dataOf(found, "unknown")];
  const asked = values.data === true;
  const lines = values.sql
    ? renderSql(found)
    : [...heading(found), ...renderPlan(found), ...(asked ? ["", rowsSummary(fails, unknown)] : [])];
  output.result(lines, {
    result: "plan",
    ...summary,
    pending,
    findings: findingsOf(found),
    ...(asked && { fails, unknown }),
  });
}

function printObjects(output: CommandContext["output"], { migrations }: Preview, withSql: boolean): void {
  for (const { statements, findings, sql, checks, data = [], ...migration } of migrations) {
    const { version, file } = migration;
    output.result([], { plannedMigration: true, ...migration, ...(withSql && { sql }) });
    for (const check of checks) output.result([], { check: true, version, file, ...check });
    for (const each of data) output.result([], { data: true, version, file, ...each });
    for (const { start: _, end: __, source: ___, enums: ____, refusal: _____, ...statement } of statements)
      output.result([], { statement: true, version, file, ...statement });
    for (const finding of findings) output.result([], { finding: true, version, file, ...finding });
  }
}

function rowsSummary(fails: number, unknown: number): string {
  const open = unknown > 0 ? `; ${count(unknown, "question")} could not be answered` : "";
  return `Rows: ${fails === 0 ? "nothing known that a statement would fail on" : `${count(fails, "demand")} not satisfied, so up would fail`}${open}.`;
}

function heading({ database, version, migrations, adopted, ahead, warnings }: Preview): string[] {
  const state = `${database} is at ${versionText(version)}${ahead ? ", ahead of this release" : ""}`;
  const would = migrations.length > 0 ? `up would run ${count(migrations.length, "migration")}` : "nothing is pending";
  return [
    `${state}; ${would}.`,
    ...(adopted.length > 0 ? [`It would first record as baseline: ${adopted.join(", ")}.`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}
