export interface Column {
  /** As pg_type has it, e.g. `varchar`, `_int4`; empty where unknown. */
  readonly type: string;
  /** Length, or precision and scale; empty for none. */
  readonly modifiers: readonly number[];
  readonly notNull: boolean;
  /** Its bare name; absent for the database's own, or where the type has none. */
  readonly collation?: string;
}

export interface Constraint {
  readonly kind: "check" | "foreign key" | "other";
  readonly columns: readonly string[];
  /** Qualified; of a foreign key. */
  readonly references?: string;
  /** The other table's columns; absent where they are the primary key's, which the statement does not name. */
  readonly referenced?: readonly string[];
  /** False while it is NOT VALID. */
  readonly valid: boolean;
  /** Columns that cannot be null where it holds. */
  readonly provesNotNull: readonly string[];
  /** Whether it is a partition's copy of its parent's. */
  readonly inherited?: boolean;
}

export type RelationKind = "table" | "partitioned table" | "index" | "view" | "materialized view" | "sequence";

/** How a table is stored; what is absent is not known. */
export interface Storage {
  readonly unlogged: boolean;
  readonly accessMethod?: string;
  readonly tablespace?: string;
}

export interface Relation {
  /** Qualified. */
  readonly name: string;
  readonly kind: RelationKind;
  /** Whether it was made by what is being looked at: nobody uses it yet. */
  readonly isNew: boolean;
  /** The planner's estimate; absent where unknown. */
  readonly rows?: number;
  /** With indexes and TOAST; absent where unknown. */
  readonly bytes?: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly constraints: ReadonlyMap<string, Constraint>;
  readonly storage?: Storage;
  /** The table of an index. */
  readonly table?: string;
  /** The table's columns that an index uses, in expressions and its predicate too. */
  readonly uses?: readonly string[];
  /** Whether an index has expressions or a predicate. */
  readonly computed?: boolean;
  /** What a view reads. */
  readonly reads?: readonly string[];
  /** Whether rules or triggers say what writing to a view means. */
  readonly redirected?: boolean;
  /** Partitions, and tables that inherit. */
  readonly children: readonly string[];
  readonly isDefaultPartition?: boolean;
}
