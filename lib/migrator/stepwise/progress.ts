import { escapeIdentifier, escapeLiteral } from "pg";
import { CLEAR_PROGRESS } from "../database/history";
import type { Direction } from "../files/folder";
import type { Step } from "../sql/steps";

/** SQL of the record. Each transaction sets everything it depends on, since a file may have changed any setting. */
export class Recorder {
  constructor(
    private readonly version: number,
    private readonly direction: Direction,
    /** The session's role before the file, which owns the record. `none` stands for the login role. */
    private readonly role: string,
  ) {}

  /**
   * Marks the migration as under way and golang-migrate's row as dirty, in one transaction. `before` makes missing
   * tables.
   */
  begin(mark: string, first: Step, before: string): string {
    return this.#transaction(`${before}${CLEAR_PROGRESS}${this.#row(first, {}, "null")}${mark}`);
  }

  /** Recorded before a statement that cannot run in a transaction. */
  started(step: Step, detail: object): string {
    return this.#transaction(this.#row(step, detail, "null"));
  }

  /** Recorded after such a statement. */
  finished({ number }: Step): string {
    return this.#transaction(
      `update migrate.progress set finished_at = clock_timestamp() where version = ${this.version} and direction = '${this.direction}' and statement = ${number};`,
    );
  }

  /** Joins a statement and its record in one transaction. `bodyStart` is the statement's offset in it. */
  together(step: Step): { text: string; bodyStart: number } {
    const opening = "begin read write;\n";
    const record = `${this.#own()}${this.#row(step, {}, "clock_timestamp()")}commit`;
    return { text: `${opening}${step.text}\n;${record}`, bodyStart: opening.length };
  }

  /** Wraps the SQL that completes the migration. */
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
