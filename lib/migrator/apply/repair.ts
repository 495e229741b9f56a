import type { Client } from "pg";
import { refusal } from "../base/errors";
import type { Settings } from "../base/options";
import { STAYS } from "../database/connection";
import { tableSql } from "../database/found-table";
import { CLEAR_PROGRESS, RecordSql } from "../database/history";
import type { DatabaseState } from "../database/inspect";
import { assertWritable } from "../database/read-only";
import { unreadable } from "../database/read-record";
import { type Repair, repairHistory, TOKENS_QUERY } from "../database/repairs";
import type { Folder, Migration } from "../files/folder";
import { planRepair, type RepairPlan } from "../state/repairs";
import { lockAndInspect } from "./apply";
import { recordFiles, tokensOf } from "./record-files";
import { writeRecord } from "./write-record";

export interface RepairOptions {
  /** Versions whose files were edited, SQL included, and shall count as what ran. @default none */
  readonly accept?: readonly number[];
  /** Asked before anything is written, with everything that would be; false cancels. @default yes */
  readonly confirm?: (writes: readonly string[]) => Promise<boolean>;
}

export interface RepairDone {
  readonly database: string;
  /** In the order in which they were listed. */
  readonly repairs: readonly Repair[];
  /** False if there was nothing to write, or the answer was no. */
  readonly changed: boolean;
}

/** Brings the history in line with files that were changed on purpose. @throws MigrateError `refused` */
export async function repair(
  settings: Settings,
  { folder, state: found, client }: { folder: Folder; state: DatabaseState; client: Client },
  { accept = [], confirm }: RepairOptions,
): Promise<RepairDone> {
  // golang-migrate's row is dirty during its own run, too.
  const state = found.schemaVersion?.dirty ? await lockAndInspect(settings, client, found) : found;
  const first = await plan(client, folder, state, accept);
  const { database } = state;
  if (first.repairs.length === 0) return { database, repairs: [], changed: false };
  assertWritable(client, settings.connection);
  const writes = describe(first, folder, state);
  await client.query(STAYS);
  if (confirm && !(await confirm(writes))) return { database, repairs: first.repairs, changed: false };
  const now = await lockAndInspect(settings, client, state);
  const change = await plan(client, folder, now, accept);
  if (describe(change, folder, now).join("\n") !== writes.join("\n")) {
    throw refusal("Refused, and nothing was written:", [
      "Another runner has changed the database meanwhile, so that something else would be written. Run this again.",
    ]);
  }
  await writeRecord(client, statements(change, folder, now));
  writes.forEach((line, index) => {
    const { action, after } = change.repairs[index] ?? {};
    settings.log({ level: "info", event: "repaired", message: `  ${line}`, ...(action && { action, after }) });
  });
  return { database, repairs: change.repairs, changed: true };
}

async function plan(client: Client, folder: Folder, state: DatabaseState, accept: readonly number[]) {
  const known = new Set(folder.migrations.map((migration) => migration.checksum));
  const changed = state.history.map((row) => row.checksum).filter((each) => !known.has(each));
  const { rows } =
    state.tables.complete && changed.length > 0
      ? await client.query<{ checksum: string; tokens: string }>(TOKENS_QUERY, [changed]).catch((error: unknown) => {
          throw unreadable(error, state.user);
        })
      : { rows: [] };
  const recorded = new Map(rows.map((row) => [row.checksum, row.tokens]));
  const present = new Map<Migration, string | undefined>();
  return planRepair(
    folder,
    state,
    {
      recorded: (each) => recorded.get(each),
      present: (migration) => {
        if (!present.has(migration)) present.set(migration, tokensOf(migration));
        return present.get(migration);
      },
    },
    accept,
  );
}

/** Every write, in words: the repairs first, each a line. */
function describe({ repairs, revert, adopt, version }: RepairPlan, folder: Folder, state: DatabaseState): string[] {
  const row = state.schemaVersion ? `(${state.schemaVersion.version}, ${state.schemaVersion.dirty})` : "no row";
  const after = version === null ? "no row" : `(${version}, false)`;
  return [
    ...repairs.map((each) => describeRepair(each, folder, state)),
    ...revert.map(
      (each) => `migrate.history: version ${each} is marked as reverted, because golang-migrate has undone it`,
    ),
    ...adopt.map(({ id }) => `migrate.history: ${id} is recorded as baseline, because golang-migrate has applied it`),
    ...(row === after ? [] : [`${tableSql(state.record)}: ${row} becomes ${after}`]),
  ];
}

function describeRepair({ action, before, after }: Repair, { migrations }: Folder, { history }: DatabaseState): string {
  const [first = 0] = before;
  const row = history.find(({ version }) => version === first);
  const id = migrations.find(({ version }) => version === after.version)?.id ?? after.name;
  const sums = `${row?.checksum.slice(0, 12)}… → ${after.checksum.slice(0, 12)}…`;
  const texts: Readonly<Record<Repair["action"], string>> = {
    renumber: `renumber ${first} → ${after.version}: what ran as ${first} (${row?.name}) is ${id}`,
    reformat: `reformat ${first}: only comments or blanks of ${id} differ from what ran (${sums})`,
    accept: `accept ${first}: ${id} counts as what ran, although its SQL may differ (${sums})`,
    squash: `squash ${first}-${before.at(-1)} → ${after.version}: ${id} stands for ${before.length} applied versions, and does not run here`,
  };
  return texts[action];
}

function statements(
  { repairs, revert, adopt, version }: RepairPlan,
  { migrations }: Folder,
  state: DatabaseState,
): string {
  const sql = new RecordSql(state);
  const files = repairs.flatMap(({ after }) => migrations.filter((each) => each.version === after.version));
  return [
    sql.create(state.tables),
    revert.length > 0 ? sql.reverted(revert) : "",
    repairHistory(repairs, sql),
    ...adopt.map((migration) => sql.baseline(migration)),
    recordFiles([...files, ...adopt]),
    state.progress.length > 0 ? CLEAR_PROGRESS : "",
    sql.setVersion(version),
  ].join("");
}
