import { type FileTokens, recordTokens } from "../database/repairs";
import type { Migration } from "../files/folder";
import { survey } from "../files/survey";
import { draft } from "../sql/script";
import { tokensDigest } from "../sql/tokens";
import type { Comparison } from "../state/comparison";

/** Digest of the tokens of an up file; undefined for a very long one, and one that has changed meanwhile. */
export function tokensOf({ files, checksum: known }: Migration): string | undefined {
  const found = survey(files.up, []);
  if (found?.checksum !== known || found.size) return undefined;
  return tokensDigest(draft(found.head).text);
}

/** SQL that records what `repair` has to know of up files later. */
export function recordFiles(migrations: readonly Migration[]): string {
  return recordTokens(migrations.flatMap((migration) => pair(migration, tokensOf(migration))));
}

/** The same of one whose text has been prepared. */
export function recordFile(migration: Migration, text: string): string {
  return recordTokens(pair(migration, tokensDigest(text)));
}

function pair({ checksum: known }: Migration, tokens: string | undefined): FileTokens[] {
  return tokens === undefined ? [] : [[known, tokens]];
}

/** The same of every applied file, for a database that an earlier release migrated. */
export function recordEarlier({ applied }: Comparison): string {
  return recordFiles(
    applied.flatMap(({ row, migration }) => (migration && row?.checksum === migration.checksum ? [migration] : [])),
  );
}
