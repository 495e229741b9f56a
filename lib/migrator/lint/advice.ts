import type { Breakage, Cause } from "../analysis/effects";
import { REFUSALS } from "./advice-refused";
import {
  type Advice,
  attachWay,
  checkWay,
  foreignKeyWay,
  indexWay,
  keyWay,
  refreshWay,
  reindexWay,
  setNotNullWay,
} from "./way";

const OWN_FILE = "in a file of its own whose first line is `-- migrate:no-transaction`";
const BY_PARTITIONS =
  "CREATE INDEX CONCURRENTLY on each partition, CREATE INDEX … ON ONLY the table, then ALTER INDEX … ATTACH PARTITION each";
const COLUMN =
  "Add the column without that value, deploy code that fills it for new rows, fill the old ones in batches outside of a migration, then set the default.";

/** Advice for each kind of work that takes longer the bigger a table is. */
export const ADVICE: Readonly<Record<Exclude<Cause, "scan-rows">, Advice>> = {
  "add-check": {
    rule: "check-scans",
    instead:
      "Add the constraint NOT VALID here (it holds for new rows at once), and VALIDATE CONSTRAINT in a later migration, which blocks nobody.",
    way: checkWay,
  },
  "add-foreign-key": {
    rule: "foreign-key-scans",
    instead:
      "Add the constraint NOT VALID here (it holds for new rows at once), and VALIDATE CONSTRAINT in a later migration, which blocks nobody.",
    way: foreignKeyWay,
  },
  "add-index-constraint": {
    rule: "constraint-builds-index",
    instead: `CREATE UNIQUE INDEX CONCURRENTLY ${OWN_FILE}; then, in a later migration, ADD CONSTRAINT … USING INDEX.`,
    way: keyWay,
  },
  "add-exclusion": {
    rule: "constraint-builds-index",
    instead:
      "PostgreSQL builds the index of an exclusion constraint under this lock only. Do it in a maintenance window; or create a new table with the constraint, fill it in batches, and swap the two.",
  },
  "add-not-null-column": {
    rule: "not-null-without-default",
    instead:
      "Give it a DEFAULT that is the same for every row (which costs nothing), or add it nullable, fill it, and set NOT NULL later.",
  },
  "add-primary-key": {
    rule: "primary-key-scans",
    instead:
      "First prove that its columns are never null: ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE it in a later migration, SET NOT NULL; then ADD CONSTRAINT … USING INDEX.",
    way: keyWay,
  },
  "attach-beside-default": {
    rule: "attach-scans",
    instead:
      "First give the default partition a CHECK that leaves the new partition's bounds out (NOT VALID, then VALIDATE in a later migration); it is then not read. Drop the CHECK afterwards.",
  },
  "attach-partition": {
    rule: "attach-scans",
    instead:
      "First give the table a CHECK that says what the partition's bounds say (NOT VALID, then VALIDATE in a later migration); ATTACH then reads nothing.",
    way: attachWay,
  },
  "change-time-zone": {
    rule: "type-change-rewrites",
    instead:
      "If the column's times are UTC: `set local time zone 'UTC';` before it, and the server rewrites nothing. Otherwise add a column of the new type, write both from the code, fill the old rows in batches, then read the new one and drop the old.",
  },
  "change-type": {
    rule: "type-change-rewrites",
    instead:
      "Add a column of the new type, write both from the code, fill the old rows in batches, then read the new one and drop the old. (varchar to text, a longer varchar and a wider numeric of the same scale rewrite nothing.)",
  },
  cluster: {
    rule: "rewrites-table",
    instead:
      "Do it in a maintenance window, outside of a migration; or use pg_repack, which does it while the table is in use.",
  },
  "create-index": {
    rule: "index-blocks-writes",
    instead: `CREATE INDEX CONCURRENTLY ${OWN_FILE}. Of a partitioned table: ${BY_PARTITIONS}.`,
    way: indexWay,
  },
  "detach-partition": {
    rule: "detach-scans",
    instead:
      "DELETE what refers to the partition before, and DETACH while few write; an index on the foreign key's columns makes the check short.",
  },
  "domain-constraint": {
    rule: "column-rewrites",
    instead: "Use the domain's base type with a CHECK that is added NOT VALID and validated in a later migration.",
  },
  "generated-column": {
    rule: "column-rewrites",
    instead:
      "Compute it in a view or in the query; or add a plain column, keep it up to date with a trigger, and fill the old rows in batches.",
  },
  "identity-column": { rule: "column-rewrites", instead: COLUMN },
  move: {
    rule: "rewrites-table",
    instead:
      "Do it in a maintenance window, outside of a migration; or fill a new table that is like it, and swap them.",
  },
  "rebuild-index": {
    rule: "type-change-rewrites",
    instead: `DROP INDEX CONCURRENTLY before it and CREATE INDEX CONCURRENTLY after it, each ${OWN_FILE}. Where the collation changes by accident, name the column's own: TYPE … COLLATE ….`,
  },
  refresh: {
    rule: "refresh-blocks-reads",
    instead: "REFRESH MATERIALIZED VIEW CONCURRENTLY.",
    way: refreshWay,
  },
  "refresh-without-key": {
    rule: "refresh-blocks-reads",
    instead:
      "First CREATE UNIQUE INDEX on columns of the view, without WHERE and expressions; then REFRESH MATERIALIZED VIEW CONCURRENTLY.",
  },
  reindex: { rule: "reindex-blocks-writes", instead: `REINDEX … CONCURRENTLY ${OWN_FILE}.`, way: reindexWay },
  "set-not-null": {
    rule: "not-null-scans",
    instead:
      "ADD CHECK (… IS NOT NULL) NOT VALID here, VALIDATE it in a later migration, and SET NOT NULL after that: it then reads nothing. Drop the CHECK with it.",
    way: setNotNullWay,
  },
  vacuum: {
    rule: "rewrites-table",
    instead: "A plain VACUUM, which blocks nobody; or pg_repack, which shrinks a table while it is in use.",
  },
  validate: {
    rule: "slow-under-lock",
    instead: "Validate in a migration of its own: by itself it blocks neither reads nor writes.",
  },
  "volatile-default": { rule: "column-rewrites", instead: COLUMN },
  "write-all-rows": {
    rule: "writes-every-row",
    instead:
      "Write in batches of some thousand rows, each its own transaction, outside of a migration: every row stays locked until this one ends.",
  },
};

export const BREAKAGES: Readonly<Record<Breakage["rule"], Advice>> = {
  "drop-table": {
    rule: "drop-table",
    instead: "Drop it with a release that does not use it, in a file that says `-- contract`; keep a dump.",
  },
  "drop-column": {
    rule: "drop-column",
    instead:
      "Drop it with a release that neither reads nor writes it (SELECT * reads it), in a file that says `-- contract`.",
  },
  rename: {
    rule: "rename",
    instead:
      "Whoever runs the old release loses it at once. Keep the name; or add the new one beside it (a column, a view), move everybody over, and drop the old one in a later file that says `-- contract`.",
  },
  truncate: { rule: "truncate", instead: "DELETE what must go, in batches; or say why nobody misses the rows." },
};

export const SLOW_UNDER_LOCK: Advice = {
  rule: "slow-under-lock",
  instead: "Move it into a migration of its own, so that the locks before it are given back first.",
};

/** For a statement that only a transaction keeps from running. */
export const ALONE: Advice = {
  rule: "fails-on-partitioned",
  instead: `It works on one partition after the other: ${OWN_FILE}.`,
};

export const NEW_VALUE: Advice = {
  rule: "uses-new-enum-value",
  instead: "Put ALTER TYPE … ADD VALUE into a migration of its own, before this one.",
};

export const UNKNOWN: Advice = {
  rule: "cannot-be-known",
  instead: "Write it as plain SQL; or look at what it does, and say in the reason what it locks and for how long.",
};

export const NO_DOWN: Advice = {
  rule: "no-down",
  instead:
    "Write what undoes it; if nothing can, do $$ begin raise exception 'cannot be undone'; end $$; or say why nobody will want to: -- lint:ignore-file no-down: REASON",
};

/** Every rule that a comment can put aside. */
export const RULES: ReadonlySet<string> = new Set(
  [
    ...Object.values(ADVICE),
    ...Object.values(BREAKAGES),
    SLOW_UNDER_LOCK,
    ALONE,
    ...Object.values(REFUSALS),
    NEW_VALUE,
    UNKNOWN,
    NO_DOWN,
  ].map(({ rule }) => rule),
);
