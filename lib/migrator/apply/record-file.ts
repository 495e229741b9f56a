import { checksum, readText } from "../base/text";
import { recordTokens } from "../database/repairs";
import type { Migration } from "../files/folder";
import { prepare } from "../sql/script";
import { tokensDigest } from "../sql/tokens";
import type { Comparison } from "../state/comparison";

/** SQL that records what `repair` has to know of a file later; empty if the file has changed meanwhile. */
export function recordFile({ files, checksum: known }: Migration): string {
  const text = readText(files.up, []);
  return text !== undefined && checksum(text) === known ? recordText(known, prepare(files.up, text).text) : "";
}

/** The same for a text that has been prepared. */
export function recordText(known: string, text: string): string {
  const tokens = tokensDigest(text);
  return tokens === undefined ? "" : recordTokens(known, tokens);
}

/** The same for every applied file, on a database that an earlier release migrated. */
export function recordEarlier({ applied }: Comparison): string {
  const unchanged = applied.flatMap(({ row, migration }) =>
    row?.checksum === migration?.checksum ? (migration ?? []) : [],
  );
  return unchanged.map(recordFile).join("");
}
