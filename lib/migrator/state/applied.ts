import type { DatabaseState } from "../database/inspect";
import type { HistoryRow } from "../database/read-record";
import type { Folder, Migration } from "../files/folder";

export interface Applied {
  readonly version: number;
  readonly name: string;
  /** Absent if golang-migrate applied it and it is not recorded yet. */
  readonly row?: HistoryRow;
  /** Absent if the folder has no such file. */
  readonly migration?: Migration;
}

/** The number that stands for no version: 0, or golang-migrate's -1 where a migration has the number 0. */
export function noVersion({ migrations, broken }: Folder, { history }: DatabaseState): 0 | -1 {
  const zero = broken.has(0) || [...migrations, ...history].some(({ version }) => version === 0);
  return zero ? -1 : 0;
}
