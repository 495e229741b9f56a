import { escapeLiteral } from "pg";
import { VERSION } from "../../contract";
import type { Migration } from "../files/migration";
import { tableSql } from "./found-table";
import type { RecordPlace } from "./record-table";
import { CREATE_REPAIR_TABLES } from "./repair-tables";

const DESCRIBE_PLACE = `comment on column migrate.history.schema_name is 'The current schema when its run began. Null if there was none, or not known.';
comment on column migrate.history.schema_oid is 'Its oid, by which it is known after it was renamed.';
comment on column migrate.history.search_path is 'search_path when its run began.';
create table if not exists migrate.record (
  only_row boolean primary key default true check (only_row),
  schema_name text not null,
  table_name text not null
);
comment on table migrate.record is 'The name of the table that golang-migrate reads.';
`;

/** Brings tables of an earlier release to this one's form. */
const COMPLETE_HISTORY = `alter table migrate.history add column if not exists schema_name text, add column if not exists schema_oid oid, add column if not exists search_path text;
alter table migrate.history drop constraint if exists history_version_check, add constraint history_version_check check (version >= 0);
${DESCRIBE_PLACE}${CREATE_REPAIR_TABLES}`;

/**
 * Tables of the record. Rows of `history` are never deleted: undoing a migration dates its row, so the table tells who
 * did what when. Rows of `progress` belong to a migration that is running statement by statement.
 */
const CREATE_HISTORY = `create schema if not exists migrate;
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
  schema_name text,
  schema_oid oid,
  search_path text,
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
${DESCRIBE_PLACE}create table if not exists migrate.progress (
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
${CREATE_REPAIR_TABLES}`;

/** Tables of the record that exist. */
export interface Tables {
  /** golang-migrate's. */
  readonly schemaMigrations: boolean;
  /** `migrate.history` and `migrate.progress`. */
  readonly history: boolean;
  /** Whether those have the form of this release, and the tables beside them are there. */
  readonly complete: boolean;
}

/** Runs when a migration is complete or given up. */
export const CLEAR_PROGRESS = "delete from migrate.progress;\n";

/** The part of a migration that the history holds. */
export type RecordedFile = Pick<Migration, "version" | "name" | "checksum">;

/** SQL that writes the record of a database. Each statement ends with a semicolon. */
export class RecordSql {
  readonly #table: string;

  constructor(private readonly place: RecordPlace) {
    this.#table = tableSql(place.record);
  }

  /** Creates what is missing. */
  create({ schemaMigrations, history, complete }: Tables): string {
    const tables = history ? (complete ? "" : COMPLETE_HISTORY) : CREATE_HISTORY;
    return (
      tables +
      (complete ? "" : this.remember()) +
      (schemaMigrations
        ? ""
        : `create table if not exists ${this.#table} (version bigint not null primary key, dirty boolean not null);\n`)
    );
  }

  /** Notes which table is golang-migrate's. */
  remember(): string {
    const { schema, name } = this.place.record;
    return `insert into migrate.record (schema_name, table_name) values (${escapeLiteral(schema)}, ${escapeLiteral(name)})
  on conflict (only_row) do update set schema_name = excluded.schema_name, table_name = excluded.table_name;\n`;
  }

  /** Replaces golang-migrate's row; null leaves none. */
  setVersion(migrated: number | null, dirty = false): string {
    const insert =
      migrated === null ? "" : `insert into ${this.#table} (version, dirty) values (${migrated}, ${dirty});\n`;
    return `delete from ${this.#table};\n${insert}`;
  }

  /** Runs inside the migration's own transaction, so now() is its start. */
  applied(migration: Migration): string {
    return this.#history(migration, "applied", "clock_timestamp() - now()");
  }

  /** Runs after the last statement of a stepwise migration; the duration is the sum of its statements'. */
  appliedStepwise(migration: Migration): string {
    const took = `(select sum(finished_at - started_at) from migrate.progress where version = ${migration.version})`;
    return this.#history(migration, "applied", took);
  }

  baseline(migration: RecordedFile): string {
    return this.#history(migration, "baseline", "null");
  }

  reverted(versions: readonly number[]): string {
    return `update migrate.history set reverted_at = clock_timestamp(), reverted_by = session_user
  where reverted_at is null and version in (${versions.join(", ")});\n`;
  }

  #history({ version, name, checksum }: RecordedFile, kind: string, duration: string): string {
    const { schema, schemaOid, searchPath } = this.place;
    const place = `${schema === null ? "null" : escapeLiteral(schema)}, ${schemaOid ?? "null"}, ${escapeLiteral(searchPath)}`;
    return `insert into migrate.history (version, name, checksum, kind, duration, release, schema_name, schema_oid, search_path)
  values (${version}, ${escapeLiteral(name)}, '${checksum}', '${kind}', ${duration}, '${VERSION}', ${place});\n`;
  }
}
