import type { RefusalCause } from "../analysis/refusal";
import { type Advice, foreignKeyWay, indexWay, parentWay, partsWay, plainWay, usingIndexWay, wholeWay } from "./way";

const PARTITIONED = "fails-on-partitioned";
const REFUSED = "server-refuses";

/** Advice for each reason of the server to refuse a statement whatever the rows are. */
export const REFUSALS: Readonly<Record<RefusalCause, Advice>> = {
  "concurrently-partitioned": {
    rule: PARTITIONED,
    instead:
      "CREATE INDEX CONCURRENTLY on each partition, CREATE INDEX … ON ONLY the table, then ALTER INDEX … ATTACH PARTITION each. DROP INDEX of a partitioned index only without CONCURRENTLY.",
    way: (source) => (/^drop/i.test(source.sql) ? plainWay(source) : indexWay(source)),
  },
  depends: {
    rule: REFUSED,
    instead:
      "Drop or change what depends on it before, each by a statement of its own (CASCADE drops more than it names).",
  },
  "detach-concurrently": {
    rule: PARTITIONED,
    instead: "DETACH PARTITION without CONCURRENTLY, while few use the table; or detach the default partition before.",
    way: plainWay,
  },
  "exclusion-partitioned": {
    rule: PARTITIONED,
    instead: "Add the constraint to each partition. It then holds within each, and not between them.",
    way: partsWay,
  },
  "foreign-key-partitioned": {
    rule: PARTITIONED,
    instead:
      "On each partition ADD the constraint NOT VALID, and VALIDATE it in a later migration; then ADD it to the table, which takes the partitions' constraints over and reads nothing.",
    way: foreignKeyWay,
  },
  inherited: {
    rule: REFUSED,
    instead: "Change the parent, and its children change with it; or detach the table from its parent before.",
    way: parentWay,
  },
  "missing-part": {
    rule: REFUSED,
    instead:
      "First give the table what its parent has: the same columns, NOT NULL and CHECK constraints of the same names.",
  },
  "only-parent": {
    rule: REFUSED,
    instead: "Leave ONLY out: the children change with their parent.",
    way: wholeWay,
  },
  "partition-key": {
    rule: PARTITIONED,
    instead: "A partition key cannot change. Make a new partitioned table, fill it in batches, and swap the two.",
  },
  partitioned: {
    rule: PARTITIONED,
    instead: "Do it to each partition, or not at all: a partitioned table does not have it.",
    way: partsWay,
  },
  "second-primary-key": {
    rule: REFUSED,
    instead: "Drop the present primary key in the same statement, or make the new one UNIQUE.",
  },
  "truncate-referenced": {
    rule: REFUSED,
    instead: "Name the tables that refer to it in the same TRUNCATE; or DELETE.",
  },
  "unique-index-missing": {
    rule: REFUSED,
    instead: "First CREATE UNIQUE INDEX on columns of the view, without WHERE and expressions.",
  },
  "unique-partitioned": {
    rule: PARTITIONED,
    instead: "Add the columns of the partition key to it; or make it unique within each partition.",
  },
  "using-index-partitioned": {
    rule: PARTITIONED,
    instead:
      "On each partition CREATE UNIQUE INDEX CONCURRENTLY and ADD CONSTRAINT … USING INDEX; then ADD the constraint with its columns to the table, which takes the partitions' over and builds nothing.",
    way: usingIndexWay,
  },
  "wrong-kind": { rule: REFUSED, instead: "Use the command for that kind of relation, or another name." },
};
