import type { Direction, Migration } from "../files/folder";
import type { Script } from "../sql/script";
import type { Step } from "../sql/steps";
import type { Unfinished } from "../state/unfinished";

/** A file that runs statement by statement, and what belongs to it. */
export interface StepwiseJob {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
  readonly steps: readonly Step[];
  /** SQL that makes the record's missing tables. */
  readonly before: string;
  /** SQL that completes the record. */
  readonly after: string;
  /** Version that golang-migrate sees as dirty meanwhile. */
  readonly mark: number;
  /** Where an earlier run has stopped. */
  readonly unfinished?: Unfinished;
}
