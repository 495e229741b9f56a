import { escapeLiteral } from "pg";
import { duration } from "../base/events";

/** A transaction that its session has handed to the server (PREPARE TRANSACTION). It holds its locks until it is ended. */
export interface PreparedTransaction {
  /** Its identifier. */
  readonly prepared: string;
  readonly user: string;
  /** The database in which alone it can be ended. */
  readonly database: string;
  /** Seconds since it was prepared. */
  readonly preparedSeconds: number;
}

/** Modes of locks, and for each the numbers, from 1, of those that it conflicts with. */
const MODES = [
  "AccessShare",
  "RowShare",
  "RowExclusive",
  "ShareUpdateExclusive",
  "Share",
  "ShareRowExclusive",
  "Exclusive",
  "AccessExclusive",
];
const CONFLICTS = ["8", "78", "5678", "45678", "34678", "345678", "2345678", "12345678"];

const arrayOf = (texts: readonly string[], end = "") => `array[${texts.map((text) => `'${text}${end}'`).join(", ")}]`;
const modeOf = (lock: string) => `array_position(${arrayOf(MODES, "Lock")}, ${lock}.mode)`;
const CONFLICT = `strpos((${arrayOf(CONFLICTS)})[${modeOf("waiting")}], ${modeOf("held")}::text) > 0`;

const TAG = [
  "locktype",
  "database",
  "relation",
  "page",
  "tuple",
  "virtualxid",
  "transactionid",
  "classid",
  "objid",
  "objsubid",
];
const tagOf = (lock: string) => `(${TAG.map((column) => `${lock}.${column}`).join(", ")})`;

/**
 * Finds the prepared transactions that session $1 waits for. Each holds the lock of its own transaction id, by which
 * its other locks are recognised.
 */
export const PREPARED = `select distinct p.gid as prepared, p.owner::text as user, p.database::text as database,
    extract(epoch from clock_timestamp() - p.prepared)::float8 as "preparedSeconds"
  from pg_locks waiting
    join pg_locks held on held.granted and held.pid is null and ${CONFLICT}
      and ${tagOf("held")} is not distinct from ${tagOf("waiting")}
    join pg_locks own on own.granted and own.pid is null and own.locktype = 'transactionid'
      and own.virtualtransaction = held.virtualtransaction
    join pg_prepared_xacts p on p.transaction = own.transactionid
  where waiting.pid = $1 and not waiting.granted order by 4 desc`;

export function describePrepared({ prepared, user, database, preparedSeconds }: PreparedTransaction): string {
  return `the prepared transaction ${escapeLiteral(prepared)} (role ${user}, database ${database}, prepared ${duration(preparedSeconds * 1000)} ago)`;
}

/** The commands that end it. Only its program knows which of them is right. */
export function endPrepared({ prepared, user, database }: PreparedTransaction): string {
  const gid = escapeLiteral(prepared);
  return `No session holds a prepared transaction. If the program that prepared it will not end it, do so in the database ${database}, as ${user} or a superuser: rollback prepared ${gid}; or, to keep its changes: commit prepared ${gid}.`;
}
