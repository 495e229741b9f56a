import type { Direction, Migration } from "../files/folder";
import type { Script } from "../sql/script";
import type { Step } from "../sql/steps";
import type { Unfinished } from "../state/unfinished";

/** A file to run statement by statement. */
export interface StepwiseJob {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
  readonly steps: readonly Step[];
  /** SQL that makes the record's missing tables. */
  readonly before: string;
  /** SQL that fails unless the file's checks hold. @default none */
  readonly checks?: string;
  /** SQL that completes the record. */
  readonly after: string;
  /** SQL that makes golang-migrate see the newest version involved as dirty in the meantime. */
  readonly mark: string;
  /** Present if an earlier run stopped in this file. */
  readonly unfinished?: Unfinished;
}
