import type { HistoryRow } from "../database/read-record";
import type { Migration } from "../files/folder";
import type { Applied } from "./applied";

/** An applied migration whose file has another number now. */
export interface Renumbered {
  readonly row: HistoryRow;
  readonly to: Migration;
}

/** Tells whether a file is what a row recorded. */
export type IsSame = (row: HistoryRow, migration: Migration) => boolean;

const sameChecksum: IsSame = (row, migration) => row.checksum === migration.checksum;

/**
 * Finds applied migrations whose files are here under another number. A row and a file belong together if nothing else
 * fits either; among several that hold the same, the name decides. Never guesses.
 */
export function findRenumbered(
  applied: readonly Applied[],
  migrations: readonly Migration[],
  isSame: IsSame = sameChecksum,
): Renumbered[] {
  const lost = applied.flatMap(({ row, migration }) => (row && !(migration && isSame(row, migration)) ? [row] : []));
  if (lost.length === 0) return [];
  const known = new Map(applied.flatMap(({ row }) => (row ? [[row.version, row]] : [])));
  const free = migrations.filter((migration) => {
    const row = known.get(migration.version);
    return !row || !isSame(row, migration);
  });
  return lost.flatMap((row) => {
    const fits = free.filter((migration) => isSame(row, migration));
    const rivals = lost.filter((other) => fits.some((migration) => isSame(other, migration)));
    const [to, ...others] = rivals.length + fits.length > 2 ? fits.filter(({ name }) => name === row.name) : fits;
    const namesakes = rivals.filter(({ name }) => name === row.name);
    return to && others.length === 0 && (rivals.length === 1 || namesakes.length === 1) ? [{ row, to }] : [];
  });
}
