import type { Client } from "pg";
import { type Examined, examine } from "../analysis/examine";
import { readSchema } from "../analysis/read-schema";
import type { Schema } from "../analysis/schema";
import { nextJob, type Sequence } from "../apply/apply";
import { ALL_THERE } from "../apply/reconcile";
import { refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { type DataFinding, DataQuestions } from "../data";
import type { DatabaseState } from "../database/inspect";
import type { Migration } from "../files/folder";
import { type Finding, findings } from "../lint/rules";
import { rulesFor, suppress } from "../lint/suppressions";
import { messageOf } from "../run/runner";
import type { ProjectRule } from "../settings/project";
import { partsOf } from "../sql/message";
import { ParseError } from "../sql/parser";
import { positionAt } from "../sql/position";
import type { Step } from "../sql/steps";
import type { Checked } from "../state/preflight";
import { checksOf, type PlannedCheck, refuseBroken } from "./checks";

export interface PlannedMigration {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  /** Whether it runs as one transaction; if not, statement by statement. */
  readonly transactional: boolean;
  /** Whether the release before cannot live with it: `-- contract` in its head. */
  readonly contract: boolean;
  readonly statements: readonly Examined[];
  /** Effects that others would feel, except those that comments or the project put aside. */
  readonly findings: readonly Finding[];
  /** The messages that `up` would send: one with the record for a transactional file, else one for each statement. */
  readonly sql: readonly string[];
  /** The file's checks, evaluated on the rows as they are now. */
  readonly checks: readonly PlannedCheck[];
  /** Demands of the rows, with their answers. Present if that was asked for. */
  readonly data?: readonly DataFinding[];
}

export interface Preview {
  readonly database: string;
  /** The version that the database is at; 0 for none, or -1 where a migration has the number 0. */
  readonly version: number;
  /** In the order in which they would run. */
  readonly migrations: readonly PlannedMigration[];
  /** Versions that golang-migrate applied and `up` would record. */
  readonly adopted: readonly number[];
  readonly ahead: boolean;
  readonly warnings: readonly string[];
}

const TIMEOUT_SECONDS = 10;

export interface PreviewOptions {
  /** Rules that the project sets aside. @default none */
  readonly rules?: readonly ProjectRule[];
  /** Ask the rows whether each statement will fail on them. @default false */
  readonly data?: boolean;
  /** Seconds that each query over rows may take. @default 10 */
  readonly timeoutSeconds?: number;
}

/** Tells what `up` would do, after the same checks. Writes nothing and takes no lock of the migrator's. */
export async function preview(
  settings: Settings,
  client: Client,
  state: DatabaseState,
  checked: Checked,
  options: PreviewOptions = {},
): Promise<Preview> {
  const { comparison, selected } = checked;
  const schema = selected.length > 0 ? await readSchema(client) : undefined;
  const sequence: Sequence = {
    state,
    checked,
    tables: recordTables(state, checked),
    applied: new Set(comparison.applied.map(({ version }) => version)),
    previous: undefined,
  };
  const questions = options.data ? new DataQuestions(client, options.timeoutSeconds ?? TIMEOUT_SECONDS) : undefined;
  const migrations: PlannedMigration[] = [];
  for (const migration of selected) {
    const checks = await checksOf(migration, checked, client, options.timeoutSeconds ?? TIMEOUT_SECONDS);
    if (!schema) continue;
    const before = questions ? schema.copy() : schema;
    const { text, ...planned } = await planOne(migration, schema, settings, sequence, options);
    const { file, statements } = planned;
    const data = await questions?.of({ file, text, statements, schema: before });
    migrations.push({ ...planned, checks, ...(data && { data }) });
  }
  refuseBroken(migrations[0]);
  return {
    database: state.database,
    version: comparison.current,
    migrations,
    adopted: comparison.reconciliation.adopt.map(({ version }) => version),
    ahead: comparison.ahead,
    warnings: comparison.warnings,
  };
}

/** Recording golang-migrate's work makes the record's tables first. */
function recordTables({ tables }: DatabaseState, { comparison }: Checked): Sequence["tables"] {
  const { adopt, revert } = comparison.reconciliation;
  return adopt.length + revert.length > 0 ? { ...ALL_THERE } : { ...tables };
}

async function planOne(
  migration: Migration,
  schema: Schema,
  settings: Settings,
  sequence: Sequence,
  options: PreviewOptions,
): Promise<Omit<PlannedMigration, "checks" | "data"> & { readonly text: string }> {
  const { version, name, files, contract } = migration;
  const job = nextJob({ settings, direction: "up" }, migration, sequence);
  const { transactional, steps } = job.script;
  const { unfinished } = sequence.checked.comparison;
  const finished = (unfinished?.version === version && steps?.slice(0, unfinished.finished)) || [];
  // Settings run again before the rest does.
  const text = withoutSteps(
    job.script.text,
    finished.filter(({ session }) => !session),
  );
  const limits = {
    lockTimeoutSeconds: settings.lockTimeoutSeconds,
    statementTimeoutSeconds: settings.statementTimeoutSeconds,
    watchClient: sequence.state.watchesClients,
    readWrite: false,
  };
  const statements = await examine(text, schema, { transactional, signal: settings.signal }).catch((error: unknown) => {
    throw error instanceof ParseError ? unparsed(files.up, text, error) : error;
  });
  const { findings: found } = suppress(findings(statements, { transactional, direction: "up", contract }), {
    text,
    statements,
    // Sizes differ by database: a comment that is unused here may be needed on a larger one.
    reportUnused: false,
    project: rulesFor(version, options.rules),
  });
  return {
    text,
    version,
    name,
    file: files.up,
    transactional,
    contract,
    statements,
    // Problems of comments are reported by `lint`.
    findings: found.filter(({ rule }) => !rule.startsWith("ignore-")),
    sql: steps
      ? steps.filter((step, index) => step.session || index >= finished.length).map((step) => step.text)
      : [partsOf(messageOf(job, { limits })).join("")],
  };
}

/** Blanks out the statements that an earlier run finished, since the catalogue shows their effects. */
function withoutSteps(text: string, steps: readonly Step[]): string {
  let end = 0;
  const blanked = steps.flatMap(({ start, text: { length } }) => {
    // The semicolon belongs to no step and is no statement by itself.
    const between = text.slice(end, start);
    end = start + length;
    return [between, text.slice(start, end).replace(/[^\n]/g, " ")];
  });
  return blanked.join("") + text.slice(end);
}

/** Reports what `up` would meet only on reaching the statement. */
function unparsed(file: string, text: string, { message, offset }: ParseError) {
  const { line, column } = positionAt(text, offset);
  return refusal("Up would fail:", [`${file}:${line}:${column}: ${message}`]);
}
