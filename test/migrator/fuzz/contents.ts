import fc from "fast-check";
import { soup } from "../sql/soup";

/** What people and other tools write into files, and what they should not. */
const SENTENCES = [
  "begin",
  "begin work",
  "start transaction",
  "begin isolation level serializable",
  "commit",
  "end",
  "rollback",
  "abort",
  "commit and chain",
  "savepoint s",
  "rollback to s",
  "release s",
  "prepare transaction 'x'",
  "rollback prepared 'x'",
  "do $$ begin commit; end $$",
  "do $$ begin null; end $$",
  "do $$ begin raise exception 'no'; end $$",
  "do $$ begin raise warning 'w'; end $$",
  "create procedure p() language plpgsql as $$ begin commit; end $$",
  "call p()",
  "select 1",
  "select 1 / 0",
  "selec 1",
  "select nope",
  "select 'ü😀'",
  "",
  "set role pg_monitor",
  "set session authorization default",
  "set search_path to pg_catalog",
  "reset all",
  "discard temp",
  "discard all",
  "discard plans",
  "set statement_timeout = 1",
  "set lock_timeout = 1",
  "set standard_conforming_strings = off",
  "select 'a\\'",
  "set client_encoding to latin1",
  "set transaction read only",
  "set default_transaction_read_only = on",
  "set constraints all deferred",
  "set datestyle to german",
  "select set_config('migrate.running', '', true)",
  "reset migrate.running",
  "drop schema migrate cascade",
  "delete from public.schema_migrations",
  "drop table public.schema_migrations",
  "insert into public.schema_migrations values (99, true)",
  "truncate public.schema_migrations",
  "update migrate.history set version = version + 100",
  "select pg_advisory_unlock_all()",
  "lock table public.schema_migrations",
  "create temp table history (a int)",
  "create schema if not exists x; set search_path to x",
  "declare c cursor with hold for select 1",
  "prepare q as select 1",
  "execute q",
  "deallocate all",
  "listen a",
  "notify a",
  "copy (select 1) to stdout",
  "copy e from stdout",
  "vacuum",
  "\\i x",
  "create index concurrently on e (a)",
  "explain select 1",
  "show all",
  "fetch 1 from c",
  "create table e (a int)",
  "insert into e values (1)",
  "create table t (a int)",
] as const;

const sentences = fc
  .array(fc.constantFrom(...SENTENCES), { maxLength: 6 })
  .map((list) => list.map((text) => `${text};\n`).join(""));

/** A file's SQL between two statements that leave a trace each. */
export const sql = fc.oneof({ weight: 4, arbitrary: sentences }, { weight: 1, arbitrary: soup });

const BYTES = ["\ufeff", "\r\n", "\r", "\0", "é", "😀", "select 1;", "-- x", "'", "$$"].map((text) =>
  Buffer.from(text),
);
const WRONG = [
  [0xff],
  [0xfe],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf8],
  [0x80],
  [0xe2, 0x82],
  [0x1b],
  [0x7f],
].map((bytes) => Buffer.from(bytes));

/** Bytes of every kind, as an editor or a broken copy leaves them. */
export const bytes = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...BYTES) }, { weight: 1, arbitrary: fc.constantFrom(...WRONG) }),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));
