import { MoveError, type Server } from "./server";
import { sql } from "./sql";

/**
 * A superuser ignores the limit, and so do the operator's and the move's own sessions. For them the database is read-only unless
 * they say otherwise, which changes that arrive by replication need not.
 */
const SHUT = `do $$ begin
  execute format('alter database %I set default_transaction_read_only = on', current_database());
  execute format('alter database %I connection limit 0', current_database());
end $$`;

const OPEN = `do $$ begin
  execute format('alter database %I connection limit -1', current_database());
  execute format('alter database %I reset default_transaction_read_only', current_database());
end $$`;

/** Whether writers are kept out. */
export async function isFenced(server: Server): Promise<boolean> {
  const found = "select to_json(datconnlimit = 0) from pg_database where datname = current_database()";
  return (await server.run(found)) === true;
}

/**
 * Keeps every role but superusers out of the database, and ends their sessions. Returns the end of the log, after every commit
 * that was acknowledged to anybody. The setting stays until `open`, whatever becomes of this process.
 * @throws if sessions do not end; the database stays shut
 */
export async function fence(server: Server): Promise<string> {
  // The message is a commit, which flushes everything before it.
  const end = await server.run(
    SHUT,
    sql("fence.sql"),
    "do $$ begin perform pg_logical_emit_message(true, 'engine_move', 'fence'); end $$",
    "select to_json(pg_current_wal_flush_lsn()::text)",
  );
  return String(end);
}

/** Lets everybody in again. Does nothing where they are. */
export async function open(server: Server): Promise<void> {
  await server.run(OPEN);
}

/** @throws MoveError if somebody has come in although the database is shut */
export async function requireNobody(server: Server): Promise<void> {
  const there = await server.run(
    `select to_json(count(*)) from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
     where datname = current_database() and backend_type = 'client backend' and not rolsuper`,
  );
  if (there !== 0) throw new MoveError(`${there} sessions are connected to ${server.name}, which lets nobody in.`);
}
