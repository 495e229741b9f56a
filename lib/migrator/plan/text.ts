import type { Examined, SizedEffect } from "../analysis/examine";
import { blocks } from "../analysis/locks";
import { bytesText } from "../lint/rules";
import { renderFindings } from "../lint/summary";
import type { PlannedCheck } from "./checks";
import type { PlannedMigration, Preview } from "./preview";

/** Renders the plan for a person. */
export function renderPlan({ migrations }: Preview): string[] {
  return migrations.flatMap((migration) => ["", ...renderMigration(migration)]);
}

function renderMigration(migration: PlannedMigration): string[] {
  const { file, transactional, contract, statements, findings, checks, data = [] } = migration;
  const runs = transactional ? "one transaction" : "statement by statement, each committed by itself";
  const how = contract ? `${runs}; contract: after the rollout` : runs;
  return [
    `${file} (${how})`,
    ...checks.flatMap(renderCheck),
    ...inRuns(statements).flatMap(renderRun),
    ...data.map(({ line, text }) => `  ${String(line).padStart(4)}  rows  ${text}`),
    ...renderFindings(file, findings).flatMap(([heading = "", ...rest]) => [
      `  warning: ${heading}`,
      ...rest.map((line) => `  ${line}`),
    ]),
  ];
}

const CHECKS = {
  holds: "holds",
  broken: "does not hold now",
  impossible: "cannot be evaluated now",
  unknown: "not known",
} as const;

function renderCheck({ line, query, state, why }: PlannedCheck): string[] {
  const later = state === "holds" ? "" : "; up evaluates it before the file";
  const label = `  ${String(line).padStart(4)}  check  `;
  return [
    `${label}${CHECKS[state]}${later}: ${query}`,
    ...(why === undefined ? [] : [`${" ".repeat(label.length)}${why}`]),
  ];
}

interface Run {
  readonly first: Examined;
  readonly told: readonly string[];
  readonly times: number;
}

/** Joins repeated effects: a dozen comments on one table's columns are one line. */
function inRuns(statements: readonly Examined[]): Run[] {
  const runs: Run[] = [];
  for (const statement of statements) {
    const told = tell(statement);
    const last = runs.at(-1);
    if (last && last.first.kind === statement.kind && last.told.join() === told.join())
      runs.splice(-1, 1, { ...last, times: last.times + 1 });
    else runs.push({ first: statement, told, times: 1 });
  }
  return runs;
}

function tell({ effects, creates, fails, unknown }: Examined): string[] {
  const fresh = effects.filter(({ isNew }) => isNew).map(({ relation }) => relation);
  return [
    ...effects.filter(({ isNew }) => !isNew).map(renderEffect),
    ...new Set([...(creates === undefined ? [] : [creates]), ...fresh].map((relation) => `${bare(relation)}: new`)),
    ...(fails ? [`fails: ${fails}`] : []),
    ...(unknown ? [`cannot be known: ${unknown}`] : []),
  ];
}

function renderRun({ first: { line, kind }, told, times }: Run): string[] {
  const [first = "locks no table", ...rest] = told;
  const label = `  ${String(line).padStart(4)}  ${`${kind}${times > 1 ? ` ×${times}` : ""}`.padEnd(24)}  `;
  return [`${label}${first}`, ...rest.map((each) => `${" ".repeat(label.length)}${each}`)];
}

const DOES = { rewrite: ", rewrites it", scan: ", reads all of it", rows: ", works on many rows" } as const;

function renderEffect(effect: SizedEffect): string {
  const { relation, lock, work = [], rows, bytes } = effect;
  const blocked = blocks(lock);
  const stops = blocked === "nothing" ? "" : `, blocks ${blocked}`;
  const does = [...new Set(work.map(({ kind }) => DOES[kind]))].join("");
  const size = [
    rows === undefined ? "" : `about ${rows.toLocaleString("en")} rows`,
    bytes === undefined ? "" : bytesText(bytes),
  ].filter(Boolean);
  return `${bare(relation)}: ${lock}${stops}${does}${size.length > 0 ? ` (${size.join(", ")})` : ""}`;
}

function bare(relation: string): string {
  return relation.replace(/^public\./, "");
}

/** Renders the SQL, ready for psql, but without the lock that keeps other runners out. */
export function renderSql({ migrations }: Preview): string[] {
  return migrations.flatMap(({ file, transactional, sql }) => [
    `-- ${file}`,
    ...(transactional ? [] : ["-- Statement by statement: `up` records each in migrate.progress around it."]),
    ...sql.map((message) => (message.trimEnd().endsWith(";") ? message : `${message};`)),
    "",
  ]);
}
