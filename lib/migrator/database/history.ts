import { escapeLiteral } from "pg";
import { VERSION } from "../../contract";
import type { Migration } from "../files/folder";

/**
 * Tables of the record. Rows of `history` are never deleted: undoing a migration dates its row, so the table tells who
 * did what when. Rows of `progress` belong to a migration that is running statement by statement.
 */
export const CREATE_TABLES = `create schema if not exists migrate;
comment on schema migrate is 'The record that the migrate command keeps. Do not edit.';
create table if not exists migrate.history (
  id bigint generated always as identity primary key,
  version bigint not null check (version >= 0),
  name text not null,
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('applied', 'baseline')),
  applied_at timestamptz not null default clock_timestamp(),
  duration interval,
  applied_by text not null default session_user,
  application text not null default current_setting('application_name'),
  release text not null,
  reverted_at timestamptz,
  reverted_by text,
  check ((reverted_at is null) = (reverted_by is null))
);
create unique index if not exists history_in_force on migrate.history (version) where reverted_at is null;
comment on table migrate.history is 'One row for each time that a migration was applied; in force while reverted_at is null.';
comment on column migrate.history.checksum is 'SHA-256 of the up file without byte order mark and with LF for CRLF, in hex.';
comment on column migrate.history.kind is 'applied: run by the migrate command. baseline: was there before, and only recorded.';
comment on column migrate.history.duration is 'From the start of its transaction to its record; of one that ran statement by statement, their sum. Null for a baseline.';
comment on column migrate.history.applied_by is 'The role that logged in.';
comment on column migrate.history.application is 'application_name of the session: command and host.';
comment on column migrate.history.release is 'Release of the migrate command.';
create table if not exists migrate.progress (
  version bigint not null,
  direction text not null check (direction in ('up', 'down')),
  statement int not null check (statement > 0),
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  detail jsonb not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  primary key (version, direction, statement)
);
comment on table migrate.progress is 'Statements of a migration that runs outside of a transaction, until it is complete.';
comment on column migrate.progress.checksum is 'SHA-256 of the statement''s text, in hex.';
comment on column migrate.progress.detail is 'What has to be known to run the statement again after a failure.';
`;

/** golang-migrate's table, exactly. */
export const CREATE_SCHEMA_MIGRATIONS =
  "create table if not exists public.schema_migrations (version bigint not null primary key, dirty boolean not null);\n";

/** Replaces golang-migrate's row; null leaves none. */
export function setSchemaVersion(migrated: number | null): string {
  const insert =
    migrated === null ? "" : `insert into public.schema_migrations (version, dirty) values (${migrated}, false);\n`;
  return `delete from public.schema_migrations;\n${insert}`;
}

/** Runs inside the migration's own transaction, so now() is its start. */
export function recordApplied(migration: Migration): string {
  return insertHistory(migration, "applied", "clock_timestamp() - now()");
}

/** Runs after the last statement of a stepwise migration; the duration is the sum of its statements'. */
export function recordSteps(migration: Migration): string {
  const took = `(select sum(finished_at - started_at) from migrate.progress where version = ${migration.version})`;
  return insertHistory(migration, "applied", took);
}

/** Runs when a migration is complete or given up. */
export const CLEAR_PROGRESS = "delete from migrate.progress;\n";

export function recordBaseline(migration: Migration): string {
  return insertHistory(migration, "baseline", "null");
}

export function recordReverted(versions: readonly number[]): string {
  return `update migrate.history set reverted_at = clock_timestamp(), reverted_by = session_user
  where reverted_at is null and version in (${versions.join(", ")});\n`;
}

/** Tables that earlier releases made have no version 0. */
export const ALLOW_ZERO = `alter table migrate.history drop constraint if exists history_version_check,
  add constraint history_version_check check (version >= 0);\n`;

function insertHistory({ version, name, checksum }: Migration, kind: string, duration: string): string {
  return `${version === 0 ? ALLOW_ZERO : ""}insert into migrate.history (version, name, checksum, kind, duration, release)
  values (${version}, ${escapeLiteral(name)}, '${checksum}', '${kind}', ${duration}, '${VERSION}');\n`;
}
