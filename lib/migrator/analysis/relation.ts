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
  readonly kind: "check" | "foreign key" | "primary key" | "unique" | "exclusion" | "other";
  readonly columns: readonly string[];
  /** Qualified table that a foreign key refers to. */
  readonly references?: string;
  /** The other table's columns; absent for its primary key, if the statement names no columns. */
  readonly referenced?: readonly string[];
  /** False if NOT VALID. */
  readonly valid: boolean;
  /** Parse tree of a CHECK. */
  readonly expression?: unknown;
  /** Columns that cannot be null under the constraint. */
  readonly provesNotNull: readonly string[];
  /** Whether a CHECK is the table's alone, and not its children's. */
  readonly noInherit?: boolean;
  /** Whether a partition has it from its parent. */
  readonly inherited?: boolean;
}

export type RelationKind =
  | "table"
  | "partitioned table"
  | "foreign table"
  | "index"
  | "view"
  | "materialized view"
  | "sequence";

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
  /** Whether its columns and constraints are not known exactly. */
  readonly open?: boolean;
  readonly constraints: ReadonlyMap<string, Constraint>;
  readonly storage?: Storage;
  /** The table that the index belongs to. */
  readonly table?: string;
  /** Columns that an index uses, including its expressions and predicate. */
  readonly uses?: readonly string[];
  readonly unique?: boolean;
  /** Whether an index has expressions or a predicate. */
  readonly computed?: boolean;
  /** Whether a materialized view was never filled, so that nobody can read it. */
  readonly empty?: boolean;
  /** Relations that a view or a materialized view reads; absent if unknown. */
  readonly reads?: readonly string[];
  /** Whether rules or triggers redirect writes to a view. */
  readonly redirected?: boolean;
  /** Partitions, and tables that inherit from it. */
  readonly children: readonly string[];
  readonly isDefaultPartition?: boolean;
  /** Its triggers, policies and rules, e.g. `trigger users_stamp`. */
  readonly attached?: readonly string[];
  /** Columns of a partitioned table's key; absent if unknown, or if an expression is part of it. */
  readonly partitionKey?: readonly string[];
}
