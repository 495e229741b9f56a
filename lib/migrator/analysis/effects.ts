import type { LockMode } from "./locks";
import type { Refusal } from "./refusal";

/** Reasons to read or rewrite every row of a table. Each has its advice in lint/advice.ts. */
export type Cause =
  | "add-check"
  | "add-exclusion"
  | "add-foreign-key"
  | "add-index-constraint"
  | "add-not-null-column"
  | "add-primary-key"
  | "attach-beside-default"
  | "attach-partition"
  | "change-time-zone"
  | "change-type"
  | "cluster"
  | "create-index"
  | "detach-partition"
  | "domain-constraint"
  | "generated-column"
  | "identity-column"
  | "move"
  | "rebuild-index"
  | "refresh"
  | "refresh-without-key"
  | "reindex"
  | "scan-rows"
  | "set-not-null"
  | "vacuum"
  | "validate"
  | "volatile-default"
  | "write-all-rows";

/** Work that takes longer the bigger a table is. */
export interface Work {
  /** `rewrite`: every row and index is written anew. `scan`: every row is read. `rows`: as many as a condition finds. */
  readonly kind: "rewrite" | "scan" | "rows";
  readonly cause: Cause;
  /** The work and its reason, e.g. `reads every row to check "positive"`. */
  readonly detail: string;
  /** Columns to be proven not null, or the key of the partition. */
  readonly columns?: readonly string[];
}

/** A statement's effect on one relation. */
export interface Effect {
  /** Qualified, e.g. `public.users`. An unknown schema counts as `public`. */
  readonly relation: string;
  readonly lock: LockMode;
  readonly work?: readonly Work[];
}

/** Harm to users of the old schema, or loss of data. */
export interface Breakage {
  readonly rule: "drop-table" | "drop-column" | "rename" | "truncate";
  readonly relation: string;
  readonly detail: string;
}

export interface Analysis {
  /** PostgreSQL's command tag, e.g. `ALTER TABLE`. */
  readonly kind: string;
  /** Qualified name of the relation that it creates. */
  readonly creates?: string;
  /** At most one for each relation. */
  readonly effects: readonly Effect[];
  readonly breakages: readonly Breakage[];
  /** The server's reason to refuse it. */
  readonly refusal?: Refusal;
  /** The server's reason to refuse it in a transaction. */
  readonly failsInTransaction?: string;
  /** The reason why more may happen than `effects` tells. */
  readonly unknown?: string;
}
