import { escapeIdentifier, escapeLiteral } from "pg";
import { CLEAR_PROGRESS } from "../database/history";
import type { Direction } from "../files/folder";
import type { Step } from "../sql/steps";

/** The record's SQL. A file may have set what it likes in the session, so each transaction says what it depends on. */
export class Recorder {
  constructor(
    private readonly version: number,
    private readonly direction: Direction,
    /** The session's role before the file: it owns the record. `none` for the one that logged in. */
    private readonly role: string,
  ) {}

  /** Says, in one transaction, that this migration is under way: golang-migrate's row turns dirty. `before` makes missing tables. */
  begin(mark: number, first: Step, before: string): string {
    return this.#transaction(
      `${before}${CLEAR_PROGRESS}${this.#row(first, {}, "null")}delete from public.schema_migrations;
insert into public.schema_migrations (version, dirty) values (${mark}, true);`,
    );
  }

  /** Before a statement that cannot run in a transaction. */
  started(step: Step, detail: object): string {
    return this.#transaction(this.#row(step, detail, "null"));
  }

  /** After such a statement. */
  finished({ number }: Step): string {
    return this.#transaction(
      `update migrate.progress set finished_at = clock_timestamp() where version = ${this.version} and direction = '${this.direction}' and statement = ${number};`,
    );
  }

  /** A statement and its record as one transaction; `bodyStart` is where the statement begins in it. */
  together(step: Step): { text: string; bodyStart: number } {
    const opening = "begin read write;\n";
    const record = `${this.#own()}${this.#row(step, {}, "clock_timestamp()")}commit`;
    return { text: `${opening}${step.text}\n;${record}`, bodyStart: opening.length };
  }

  /** Around what completes the migration. */
  own(sql: string): string {
    return this.#own() + sql;
  }

  #transaction(sql: string): string {
    return `begin isolation level read committed read write;\n${this.#own()}${sql}\ncommit`;
  }

  #own(): string {
    const role = this.role === "none" ? "none" : escapeIdentifier(this.role);
    return `set local role ${role};\n`;
  }

  #row({ number, checksum }: Step, detail: object, finished: string): string {
    return `insert into migrate.progress (version, direction, statement, checksum, detail, started_at, finished_at)
  values (${this.version}, '${this.direction}', ${number}, '${checksum}', ${escapeLiteral(JSON.stringify(detail))}, now(), ${finished})
  on conflict (version, direction, statement) do update set checksum = excluded.checksum, detail = excluded.detail,
    started_at = excluded.started_at, finished_at = excluded.finished_at;\n`;
  }
}
