import type { AlterTableStmt, CreateSubscriptionStmt, DropStmt, IndexStmt, RangeVar, ReindexStmt } from "libpg-query";
import { escapeIdentifier } from "pg";
import type { ParseNode } from "./parser";
import { all, as, type Body, type Kind, nameOf, open, option, optionNamed, parts } from "./tree";

/**
 * The way to run a statement so that a kill leaves nothing unknown. `transaction` runs in one transaction with its
 * record, unless the server refuses that. All others run alone, and their leftovers are looked for in the catalogue.
 */
export type Nature =
  | { readonly kind: "transaction" }
  | CreateIndex
  | DropIndex
  | Reindex
  | Detach
  | Shared
  | { readonly kind: "plain" };

export interface CreateIndex {
  readonly kind: "create-index";
  /** As the statement writes it, quoted. */
  readonly table: string;
  /** Unqualified. Absent if the server chooses it. */
  readonly index?: string;
  readonly unique: boolean;
  /** Number of its key columns. */
  readonly keys: number;
}

interface DropIndex {
  readonly kind: "drop-index";
  readonly index: string;
}

interface Reindex {
  readonly kind: "reindex";
  /** The table or index as the statement writes it, quoted. Absent for a schema or database. */
  readonly relation?: string;
}

/** A database or tablespace, which belongs to no single database's transaction. */
export interface Shared {
  readonly kind: `${"create" | "drop"}-${"database" | "tablespace" | "subscription"}`;
  readonly name: string;
}

interface Detach {
  readonly kind: "detach";
  readonly parent: string;
  readonly partition: string;
}

/** Kinds that wait without making others queue behind them, so that `lock_timeout` would protect nobody. */
export const PATIENT: ReadonlySet<Nature["kind"]> = new Set(["create-index", "drop-index", "reindex"]);

/** Recognises statements that the server refuses inside a transaction, as far as their text shows it. */
export function natureOf(node: ParseNode): Nature {
  const [kind, body] = open(node);
  const nature = (NATURES[kind as Kind] as ((content: unknown) => Nature | undefined) | undefined)?.(body);
  return nature ?? { kind: "transaction" };
}

const PLAIN: Nature = { kind: "plain" };

const NATURES: { readonly [K in Kind]?: (body: Body<K>) => Nature | undefined } = {
  IndexStmt: createIndex,
  DropStmt: dropIndex,
  ReindexStmt: reindex,
  AlterTableStmt: detach,
  VacuumStmt: ({ is_vacuumcmd: isVacuum }) => (isVacuum ? PLAIN : undefined),
  // Without a table: one after the other, each in a transaction of its own.
  ClusterStmt: ({ relation }) => (relation ? undefined : PLAIN),
  CreatedbStmt: ({ dbname = "" }) => ({ kind: "create-database", name: dbname }),
  DropdbStmt: ({ dbname = "" }) => ({ kind: "drop-database", name: dbname }),
  AlterDatabaseStmt: ({ options }) => (optionNamed(options, "tablespace") ? PLAIN : undefined),
  CreateTableSpaceStmt: ({ tablespacename = "" }) => ({ kind: "create-tablespace", name: tablespacename }),
  DropTableSpaceStmt: ({ tablespacename = "" }) => ({ kind: "drop-tablespace", name: tablespacename }),
  CreateSubscriptionStmt: createSubscription,
  AlterSubscriptionStmt: ({ kind, options }) => {
    if (kind === "ALTER_SUBSCRIPTION_REFRESH") return PLAIN;
    return CHANGES_PUBLICATIONS.has(kind ?? "") && option(options, "refresh") !== false ? PLAIN : undefined;
  },
  DropSubscriptionStmt: ({ subname = "" }) => ({ kind: "drop-subscription", name: subname }),
  AlterSystemStmt: () => PLAIN,
  DiscardStmt: ({ target }) => (target === "DISCARD_ALL" ? PLAIN : undefined),
  TransactionStmt: ({ kind }) => (ENDS_PREPARED.has(kind ?? "") ? PLAIN : undefined),
};

/** They refresh the subscription, unless told otherwise. */
const CHANGES_PUBLICATIONS: ReadonlySet<string> = new Set([
  "ALTER_SUBSCRIPTION_SET_PUBLICATION",
  "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
  "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
]);

const ENDS_PREPARED: ReadonlySet<string> = new Set(["TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED"]);

const WHOLE: ReadonlySet<string> = new Set([
  "REINDEX_OBJECT_SCHEMA",
  "REINDEX_OBJECT_DATABASE",
  "REINDEX_OBJECT_SYSTEM",
]);

function createIndex({
  concurrent,
  relation,
  idxname,
  unique = false,
  indexParams = [],
}: IndexStmt): Nature | undefined {
  if (!concurrent || !relation) return undefined;
  const index = idxname === undefined ? {} : { index: idxname };
  return { kind: "create-index", table: quoted(relation), ...index, unique, keys: indexParams.length };
}

function dropIndex({ concurrent, objects }: DropStmt): Nature | undefined {
  return concurrent ? { kind: "drop-index", index: parts(objects?.[0]).map(escapeIdentifier).join(".") } : undefined;
}

function reindex({ kind, params, relation }: ReindexStmt): Nature | undefined {
  if (option(params, "concurrently")) return { kind: "reindex", ...(relation && { relation: quoted(relation) }) };
  return WHOLE.has(kind ?? "") ? PLAIN : undefined;
}

function detach({ relation, cmds }: AlterTableStmt): Nature | undefined {
  const [command] = all("AlterTableCmd", cmds);
  const partition = as("PartitionCmd", command?.def);
  if (!relation || command?.subtype !== "AT_DetachPartition" || !partition?.concurrent) return undefined;
  return { kind: "detach", parent: quoted(relation), partition: quoted(partition.name) };
}

/** A slot on the other server is made outside of any transaction. By default one is made if it connects. */
function createSubscription({ subname = "", options }: CreateSubscriptionStmt): Nature | undefined {
  const makesSlot = option(options, "create_slot") ?? option(options, "connect") ?? true;
  return makesSlot ? { kind: "create-subscription", name: subname } : undefined;
}

/** In quotes, since the parser has folded names to lower case already. */
function quoted(range: RangeVar | undefined): string {
  const { schema, name } = nameOf(range);
  return schema === undefined ? escapeIdentifier(name) : `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}
