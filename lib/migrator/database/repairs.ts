import { escapeLiteral } from "pg";
import { VERSION } from "../../contract";
import type { RecordedFile, RecordSql } from "./history";

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

/** `squash` puts one row in the place of many; the others change one. */
export interface Repair {
  readonly action: "renumber" | "reformat" | "accept" | "squash";
  /** Versions of the rows, as they are in force before. */
  readonly before: readonly number[];
  readonly after: RecordedFile;
}

/**
 * SQL that makes repairs and records them. All rows leave before one comes back, so that numbers may change places.
 */
export function repairHistory(repairs: readonly Repair[], sql: RecordSql): string {
  const leaving = repairs.flatMap(({ before }) => before);
  return [
    ...repairs.map(recordRepair),
    `update migrate.history set reverted_at = '-infinity', reverted_by = session_user
  where reverted_at is null and version in (${leaving.join(", ")});\n`,
    ...repairs.map((repair) => comeBack(repair, sql)),
    // The rest is part of a squash.
    "update migrate.history set reverted_at = clock_timestamp() where reverted_at = '-infinity';\n",
  ].join("");
}

function recordRepair({ action, before, after }: Repair): string {
  return `insert into migrate.repairs (action, before, after, release)
  select '${action}', jsonb_agg(to_jsonb(h) order by version), ${escapeLiteral(JSON.stringify(after))}, '${VERSION}'
  from migrate.history h where reverted_at is null and version in (${before.join(", ")});\n`;
}

function comeBack({ action, before, after }: Repair, sql: RecordSql): string {
  const { version, name, checksum } = after;
  const old = action === "squash" ? before.find((each) => each === version) : before[0];
  // The file of a squash has not run, only those that it stands for.
  if (old === undefined) return sql.baseline(after);
  const kind = action === "squash" ? ", kind = 'baseline', duration = null" : "";
  return `update migrate.history
  set version = ${version}, name = ${escapeLiteral(name)}, checksum = '${checksum}', reverted_at = null, reverted_by = null${kind}
  where reverted_at = '-infinity' and version = ${old};\n`;
}
