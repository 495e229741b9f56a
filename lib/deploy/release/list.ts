import { describeCommit } from "./deploy-recorded";
import type { ReleaseRecord } from "./record";

/** One line each, newest first, e.g. `"  12  deployed  2026-11-30T08:00:00Z  version 1.0.0, commit 0123456"`. */
export function describeRecords(records: readonly ReleaseRecord[]): readonly string[] {
  const width = Math.max(0, ...records.map(({ number }) => String(number).length));
  return records.map((record) => {
    const { number, result, at, deployedAt, version, by, rollbackOf, migrations } = record;
    const state = result !== "deployed" && deployedAt !== undefined ? `${result}, deployed before` : result;
    const notes = [
      `version ${version}${describeCommit(record)}`,
      `schema ${migrations.version}`,
      ...(rollbackOf === undefined ? [] : [`rollback to ${rollbackOf}`]),
      ...(by === undefined ? [] : [`by ${by}`]),
    ];
    return `${String(number).padStart(width)}  ${state.padEnd(9)}  ${deployedAt ?? at}  ${notes.join(", ")}`;
  });
}

/** One record as an object for a program, without its manifests. */
export const recordObject = ({ files, ...record }: ReleaseRecord) => ({
  ...record,
  objects: files.reduce((sum, { objects }) => sum + objects.length, 0),
});
