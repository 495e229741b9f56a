import { escapeIdentifier } from "pg";
import type { ParseNode } from "./parser";

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

interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
}

/** Recognises statements that the server refuses inside a transaction. */
export function natureOf(node: ParseNode): Nature {
  const [kind = "", content] = Object.entries(node)[0] ?? [];
  return (NATURES[kind]?.(content as Content) as Nature | undefined) ?? { kind: "transaction" };
}

/** The fields read below, of any statement. */
interface Content {
  readonly concurrent?: boolean;
  readonly relation?: RangeVar;
  readonly idxname?: string;
  readonly unique?: boolean;
  readonly indexParams?: readonly unknown[];
  readonly tablespacename?: string;
  readonly subname?: string;
  readonly objects?: readonly { readonly List?: { readonly items: readonly { String: { sval: string } }[] } }[];
  readonly kind?: string;
  readonly params?: readonly { readonly DefElem: { readonly defname: string } }[];
  readonly cmds?: readonly { readonly AlterTableCmd?: { readonly subtype: string; readonly def?: PartitionDef } }[];
  readonly dbname?: string;
  readonly is_vacuumcmd?: boolean;
}

interface PartitionDef {
  readonly PartitionCmd?: { readonly name: RangeVar; readonly concurrent?: boolean };
}

const PLAIN = () => ({ kind: "plain" }) as const;

const NATURES: Readonly<Record<string, (content: Content) => Nature | undefined>> = {
  IndexStmt: createIndex,
  DropStmt: dropIndex,
  ReindexStmt: reindex,
  AlterTableStmt: detach,
  VacuumStmt: ({ is_vacuumcmd }) => (is_vacuumcmd ? { kind: "plain" } : undefined),
  CreatedbStmt: ({ dbname = "" }) => ({ kind: "create-database", name: dbname }),
  DropdbStmt: ({ dbname = "" }) => ({ kind: "drop-database", name: dbname }),
  CreateTableSpaceStmt: ({ tablespacename = "" }) => ({ kind: "create-tablespace", name: tablespacename }),
  DropTableSpaceStmt: ({ tablespacename = "" }) => ({ kind: "drop-tablespace", name: tablespacename }),
  CreateSubscriptionStmt: ({ subname = "" }) => ({ kind: "create-subscription", name: subname }),
  DropSubscriptionStmt: ({ subname = "" }) => ({ kind: "drop-subscription", name: subname }),
  AlterSystemStmt: PLAIN,
};

function createIndex({ concurrent, relation, idxname, unique = false, indexParams = [] }: Content): Nature | undefined {
  if (!concurrent || !relation) return undefined;
  const index = idxname === undefined ? {} : { index: idxname };
  return { kind: "create-index", table: quotedName(relation), ...index, unique, keys: indexParams.length };
}

function dropIndex({ concurrent, objects }: Content): Nature | undefined {
  const names = objects?.[0]?.List?.items.map(({ String: { sval } }) => escapeIdentifier(sval));
  return concurrent && names ? { kind: "drop-index", index: names.join(".") } : undefined;
}

function reindex({ kind, params, relation }: Content): Nature | undefined {
  if (params?.some(({ DefElem }) => DefElem.defname === "concurrently"))
    return { kind: "reindex", ...(relation && { relation: quotedName(relation) }) };
  return /SCHEMA|DATABASE|SYSTEM/.test(kind ?? "") ? { kind: "plain" } : undefined;
}

function detach({ relation, cmds }: Content): Nature | undefined {
  const command = cmds?.[0]?.AlterTableCmd;
  const partition = command?.def?.PartitionCmd;
  if (!relation || command?.subtype !== "AT_DetachPartition" || !partition?.concurrent) return undefined;
  return { kind: "detach", parent: quotedName(relation), partition: quotedName(partition.name) };
}

/** In quotes, since the parser has folded names to lower case already. */
function quotedName({ schemaname, relname }: RangeVar): string {
  return schemaname === undefined
    ? escapeIdentifier(relname)
    : `${escapeIdentifier(schemaname)}.${escapeIdentifier(relname)}`;
}
