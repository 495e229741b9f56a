/** Does the least that a Node program can do with a database: connect, ask once, leave. */
import { Client } from "pg";

async function main(): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query("select 1");
  await client.end();
}

void main();
