import type { Squash } from "./header";
import type { Direction } from "./names";

export interface Migration {
  readonly version: number;
  /** The part after the number, e.g. `create_users`. */
  readonly name: string;
  /** Number and name as the up file has them, e.g. `000001_create_users`. */
  readonly id: string;
  /** Path of each file, inside the folder that was asked for; of a missing down file the path that it would have. */
  readonly files: Readonly<Record<Direction, string>>;
  readonly hasDown: boolean;
  /** Versions that the up file stands for. Absent for most. */
  readonly squash?: Squash;
  /** Whether it breaks the release before, and so waits for the end of a rollout: `-- contract` in its head. */
  readonly contract: boolean;
  /** SHA-256 in hex over the up file's normalised text. */
  readonly checksum: string;
}
