import type { Client } from "pg";

/**
 * The transaction that bootstrap works in. Statements that change something go through `change`, which remembers
 * them.
 */
export class Session {
  readonly changed: string[] = [];

  constructor(readonly client: Client) {}

  async rows<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, values)).rows;
  }

  /** Runs `sql`; `what` tells a person what it changed, and holds no secret. */
  async change(sql: string, what: string): Promise<void> {
    await this.client.query(sql);
    this.changed.push(what);
  }
}
