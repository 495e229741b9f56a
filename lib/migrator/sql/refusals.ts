import { natureOf } from "./nature";
import type { ParseNode } from "./parser";
import type { Statement } from "./scanner";
import { as, open, parts, walk } from "./tree";

/** Why a statement may not run in a file of that kind; undefined if it may. */
export function refusalOf(node: ParseNode, transactional: boolean): string | undefined {
  const ends = transactionStatement(node);
  if (ends !== undefined) return transactionProblem(ends, transactional);
  if (calls(node, "pg_advisory_unlock_all")) return UNLOCK_ALL;
  const setting = as("VariableSetStmt", node);
  if (setting?.kind === "VAR_RESET_ALL") return RESET_ALL;
  if (!transactional) return undefined;
  if (MODES.test(setting?.name ?? "")) return MODE_OF_TRANSACTION;
  const { kind } = natureOf(node);
  // A subscription without a slot may be dropped, which only the server knows.
  if (kind === "transaction" || kind === "drop-subscription") return undefined;
  return `${outsideName(node)} cannot run in a transaction. Put it into a file of its own whose first line is \`-- migrate:no-transaction\`.`;
}

/** First words of statements that are refused only if they hold one of `TELLING` or what `HIDING` finds. */
const PLAIN = new Set(
  `ALTER ANALYZE CALL CLOSE COMMENT COPY CREATE DECLARE DELETE DO DROP EXECUTE EXPLAIN FETCH GRANT IMPORT INSERT LISTEN
  LOCK MERGE MOVE NOTIFY REASSIGN REFRESH RELEASE REVOKE SAVEPOINT SECURITY SELECT SET SHOW TABLE TRUNCATE UPDATE VALUES
  WITH`.split(/\s+/),
);

/** Key words of refused statements that begin so. Each stands among a statement's first dozen words. */
const TELLING = ["CONCURRENTLY", "DATABASE", "SUBSCRIPTION", "SYSTEM", "TABLESPACE"];

/** A call that gives the lock away, also by a name in quotes or with escapes. */
const HIDING = /unlock_all|u&"/i;

/**
 * Recognises by its words a statement that `refusalOf` lets pass. Most are recognised, and then a run need not load the
 * parser, which takes longer than the rest of a run with nothing to do. A doubt is a no.
 */
export function isCertainlyPlain(text: string, { start, end, words }: Statement): boolean {
  const [first = ""] = words;
  if (!PLAIN.has(first) || TELLING.some((word) => words.includes(word))) return false;
  const own = text.slice(start, end);
  return !HIDING.test(own) && (first !== "SET" || !/transaction/i.test(own));
}

const TRANSACTION: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: "BEGIN",
  TRANS_STMT_START: "START TRANSACTION",
  TRANS_STMT_COMMIT: "COMMIT",
  TRANS_STMT_ROLLBACK: "ROLLBACK",
  TRANS_STMT_PREPARE: "PREPARE TRANSACTION",
};

/** The name of a statement that begins or ends a transaction. A savepoint does neither. */
function transactionStatement(node: ParseNode): string | undefined {
  return TRANSACTION[as("TransactionStmt", node)?.kind ?? ""];
}

function calls(node: ParseNode, name: string): boolean {
  let found = false;
  walk(node, (kind, body) => {
    if (kind === "FuncCall") found ||= parts({ List: { items: body.funcname as [] } }).at(-1) === name;
  });
  return found;
}

function outsideName(node: ParseNode): string {
  const [kind] = open(node);
  const reindex = as("ReindexStmt", node);
  if (reindex)
    return natureOf(node).kind === "reindex" ? "REINDEX CONCURRENTLY" : "REINDEX of a schema, database or system";
  const ends = as("TransactionStmt", node);
  if (ends) return ends.kind === "TRANS_STMT_COMMIT_PREPARED" ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
  return OUTSIDE[kind] ?? kind;
}

/** Statements that the server refuses in a transaction, or that would do nothing there. */
const OUTSIDE: Readonly<Record<string, string>> = {
  IndexStmt: "CREATE INDEX CONCURRENTLY",
  DropStmt: "DROP INDEX CONCURRENTLY",
  AlterTableStmt: "DETACH PARTITION … CONCURRENTLY",
  VacuumStmt: "VACUUM",
  ClusterStmt: "CLUSTER of every table",
  CreatedbStmt: "CREATE DATABASE",
  DropdbStmt: "DROP DATABASE",
  AlterDatabaseStmt: "ALTER DATABASE … SET TABLESPACE",
  CreateTableSpaceStmt: "CREATE TABLESPACE",
  DropTableSpaceStmt: "DROP TABLESPACE",
  CreateSubscriptionStmt: "CREATE SUBSCRIPTION with a replication slot",
  AlterSubscriptionStmt: "ALTER SUBSCRIPTION with a refresh",
  AlterSystemStmt: "ALTER SYSTEM",
  DiscardStmt: "DISCARD ALL",
};

function transactionProblem(name: string, transactional: boolean): string {
  return transactional
    ? `${name} would end or change the transaction that holds the migration and its record. Remove it: each file is one transaction by itself (a plain BEGIN at the start with a COMMIT at the end is understood and does no harm).`
    : `${name} opens or ends a transaction in a file marked \`-- migrate:no-transaction\`. Move what belongs to one transaction into a file of its own, without the mark.`;
}

const UNLOCK_ALL =
  "pg_advisory_unlock_all() would give away the lock that keeps other runners out. Release by its key what the file has locked.";

const RESET_ALL =
  "RESET ALL would take away the limits under which the file runs (lock_timeout, statement_timeout). Remove it: what a file sets ends with the file. Or reset by name what it has set.";

/** The names that `SET TRANSACTION …` has in the tree, and settings that mean the same. */
const MODES = /^(TRANSACTION|TRANSACTION SNAPSHOT|transaction_isolation|transaction_read_only)$/;

const MODE_OF_TRANSACTION =
  "SET TRANSACTION has to come before the transaction's first query, and before the file's first statement runs what makes sure that the migration before it is recorded. Remove it: each file runs in READ COMMITTED, READ WRITE; lock what has to stay as it is (LOCK TABLE, SELECT … FOR UPDATE).";
