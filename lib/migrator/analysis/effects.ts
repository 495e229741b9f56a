import type { LockMode } from "./locks";

/** Why a statement reads or rewrites every row of a table; each has its advice in rules.ts. */
export type Cause =
  | "add-check"
  | "add-foreign-key"
  | "add-index-constraint"
  | "add-not-null-column"
  | "add-primary-key"
  | "attach-partition"
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
  | "reindex"
  | "scan-rows"
  | "set-not-null"
  | "vacuum"
  | "validate"
  | "volatile-default"
  | "write-all-rows";

/** Work that takes as long as the table is big. */
export interface Work {
  /** `rewrite`: every row is written anew, and every index built anew. `scan`: every row is read. */
  readonly kind: "rewrite" | "scan";
  readonly cause: Cause;
  /** What is read or written and why, e.g. `reads every row to check "positive"`. */
  readonly detail: string;
}

/** What a statement does to one relation. */
export interface Effect {
  /** Qualified, e.g. `public.users`; the schema is what is known or `public`. */
  readonly relation: string;
  readonly lock: LockMode;
  readonly work?: readonly Work[];
}

/** What breaks who still uses the schema as it was, or loses what it held. */
export interface Breakage {
  readonly rule: "drop-table" | "drop-column" | "rename" | "truncate";
  readonly relation: string;
  readonly detail: string;
}

export interface Analysis {
  /** As PostgreSQL's command tag has it, e.g. `ALTER TABLE`. */
  readonly kind: string;
  /** The relation that it makes, qualified. */
  readonly creates?: string;
  /** At most one for each relation. */
  readonly effects: readonly Effect[];
  readonly breakages: readonly Breakage[];
  /** Why the server refuses it. */
  readonly fails?: string;
  /** Why it does within a transaction. */
  readonly failsInTransaction?: string;
  /** Why more may happen than `effects` tells, for what no parse tree shows. */
  readonly unknown?: string;
}
