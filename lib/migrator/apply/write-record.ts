import type { Client } from "pg";
import { refusal } from "../base/errors";

/** Changes the record in a transaction of its own. @throws MigrateError `refused` if this role may not */
export async function writeRecord(client: Client, statements: string): Promise<void> {
  try {
    await client.query(`begin;\n${statements}commit`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== "42501") throw error;
    throw refusal("Refused, and nothing was written:", [
      `The record of migrations cannot be made: ${message}. Connect as the role migrator after \`migrate bootstrap\`, or as the database's owner.`,
    ]);
  }
}
