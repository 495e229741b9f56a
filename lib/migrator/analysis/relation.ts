export interface Column {
  /** Type name of pg_type, e.g. `varchar`, `_int4`; empty if unknown. */
  readonly type: string;
  /** Length, or precision and scale; empty if none. */
  readonly modifiers: readonly number[];
  readonly notNull: boolean;
  /** Unqualified; absent for the database's default, or if the type has none. */
  readonly collation?: string;
}

export interface Constraint {
  readonly kind: "check" | "foreign key" | "other";
  readonly columns: readonly string[];
  /** Qualified table that a foreign key refers to. */
  readonly references?: string;
  /** The other table's columns; absent for its primary key, if the statement names no columns. */
  readonly referenced?: readonly string[];
  /** False if NOT VALID. */
  readonly valid: boolean;
  /** Columns that cannot be null under the constraint. */
  readonly provesNotNull: readonly string[];
  /** Whether a partition has it from its parent. */
  readonly inherited?: boolean;
}

export type RelationKind = "table" | "partitioned table" | "index" | "view" | "materialized view" | "sequence";

/** A table's storage; absent properties are unknown. */
export interface Storage {
  readonly unlogged: boolean;
  readonly accessMethod?: string;
  readonly tablespace?: string;
}

export interface Relation {
  /** Qualified. */
  readonly name: string;
  readonly kind: RelationKind;
  /** Whether the examined text made it, so that nobody uses it yet. */
  readonly isNew: boolean;
  /** The planner's estimate; absent if unknown. */
  readonly rows?: number;
  /** With indexes and TOAST; absent if unknown. */
  readonly bytes?: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly constraints: ReadonlyMap<string, Constraint>;
  readonly storage?: Storage;
  /** The table that the index belongs to. */
  readonly table?: string;
  /** Columns that an index uses, including its expressions and predicate. */
  readonly uses?: readonly string[];
  /** Whether an index has expressions or a predicate. */
  readonly computed?: boolean;
  /** Relations that a view reads. */
  readonly reads?: readonly string[];
  /** Whether rules or triggers redirect writes to a view. */
  readonly redirected?: boolean;
  /** Partitions, and tables that inherit from it. */
  readonly children: readonly string[];
  readonly isDefaultPartition?: boolean;
}
