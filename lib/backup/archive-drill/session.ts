import { Client, type ClientConfig } from "pg";

/** Opens a session without the limits of time that a server has for its users. */
export async function openSession(connection: ClientConfig): Promise<Client> {
  const client = new Client({ ...connection, application_name: "backup drill-archive" });
  // A lost connection is told by the query that it breaks.
  client.on("error", () => undefined);
  await client.connect();
  await client.query("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0");
  return client;
}

/** Runs one statement that returns one row. */
export async function rowOf<Row>(client: Client, sql: string, values: readonly unknown[] = []): Promise<Row> {
  return (await client.query(sql, [...values])).rows[0] as Row;
}
