import { escapeLiteral } from "pg";
import { VERSION } from "../../contract";
import { ALLOW_ZERO } from "./history";

/**
 * Tables beside the history. `files` tells of each recorded text what a checksum cannot: whether another text is the same
 * SQL. `repairs` tells who changed the history when, and from what to what.
 */
export const CREATE_REPAIR_TABLES = `create table if not exists migrate.files (
  checksum text primary key check (checksum ~ '^[0-9a-f]{64}$'),
  tokens text not null check (tokens ~ '^[0-9a-f]{64}$')
);
comment on table migrate.files is 'Texts of up files that were recorded, by their checksum in migrate.history.';
comment on column migrate.files.tokens is 'SHA-256 of the text''s tokens, in hex: the same for another text if only comments or blanks differ.';
create table if not exists migrate.repairs (
  id bigint generated always as identity primary key,
  action text not null check (action in ('renumber', 'reformat', 'accept', 'squash')),
  before jsonb not null,
  after jsonb not null,
  repaired_at timestamptz not null default clock_timestamp(),
  repaired_by text not null default session_user,
  application text not null default current_setting('application_name'),
  release text not null
);
comment on table migrate.repairs is 'Changes of migrate.history that a person asked for with migrate repair.';
comment on column migrate.repairs.before is 'Rows of migrate.history, as they were.';
comment on column migrate.repairs.after is 'The row that stands for them now.';
`;

/** Checksum and digest of the tokens of a text. */
export type FileTokens = readonly [checksum: string, tokens: string];

/** SQL that records what is known of texts; empty for none. */
export function recordTokens(files: readonly FileTokens[]): string {
  if (files.length === 0) return "";
  const rows = files.map(([checksum, tokens]) => `('${checksum}', '${tokens}')`);
  return `insert into migrate.files (checksum, tokens) values ${rows.join(", ")} on conflict do nothing;\n`;
}

/** Reads the tokens of recorded texts. */
export const TOKENS_QUERY = "select checksum, tokens from migrate.files where checksum = any($1)";

/** A row of the history, as a repair leaves it. */
export interface RepairedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** `squash` puts one row in the place of many; the others change one. */
export interface Repair {
  readonly action: "renumber" | "reformat" | "accept" | "squash";
  /** Versions of the rows, as they are in force before. */
  readonly before: readonly number[];
  readonly after: RepairedRow;
}

/**
 * SQL that makes repairs and records them. All rows leave before one comes back, so that numbers may change places.
 */
export function repairHistory(repairs: readonly Repair[]): string {
  const leaving = repairs.flatMap(({ before }) => before);
  return [
    repairs.some(({ after }) => after.version === 0) ? ALLOW_ZERO : "",
    ...repairs.map(recordRepair),
    `update migrate.history set reverted_at = '-infinity', reverted_by = session_user
  where reverted_at is null and version in (${leaving.join(", ")});\n`,
    ...repairs.map(comeBack),
    // The rest is part of a squash.
    "update migrate.history set reverted_at = clock_timestamp() where reverted_at = '-infinity';\n",
  ].join("");
}

function recordRepair({ action, before, after }: Repair): string {
  return `insert into migrate.repairs (action, before, after, release)
  select '${action}', jsonb_agg(to_jsonb(h) order by version), ${escapeLiteral(JSON.stringify(after))}, '${VERSION}'
  from migrate.history h where reverted_at is null and version in (${before.join(", ")});\n`;
}

function comeBack({ action, before, after: { version, name, checksum } }: Repair): string {
  const text = escapeLiteral(name);
  const old = action === "squash" ? before.find((each) => each === version) : before[0];
  // The file of a squash has not run, only those that it stands for.
  if (old === undefined) {
    return `insert into migrate.history (version, name, checksum, kind, release)
  values (${version}, ${text}, '${checksum}', 'baseline', '${VERSION}');\n`;
  }
  const kind = action === "squash" ? ", kind = 'baseline', duration = null" : "";
  return `update migrate.history
  set version = ${version}, name = ${text}, checksum = '${checksum}', reverted_at = null, reverted_by = null${kind}
  where reverted_at = '-infinity' and version = ${old};\n`;
}
