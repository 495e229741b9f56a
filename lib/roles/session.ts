import type { Client } from "pg";

/** The transaction of bootstrap. `change` runs changing statements and remembers them. */
export class Session {
  readonly changed: string[] = [];

  constructor(readonly client: Client) {}

  async rows<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, values)).rows;
  }

  /** Runs `sql`; `what` describes the change for a person and holds no secret. */
  async change(sql: string, what: string): Promise<void> {
    await this.client.query(sql);
    this.changed.push(what);
  }
}
