/**
 * A newcomer's migrator after reading Umzug's README: a pattern finds SQL files, and a table stores their names. It has
 * no lock, transaction or checksum. `node umzug-example.js up|status FOLDER`
 */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { Umzug } from "umzug";

async function main([command, directory]: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query("create table if not exists umzug_migrations (name text primary key)");
  const umzug = new Umzug({
    migrations: {
      glob: `${directory}/*.up.sql`,
      resolve: ({ name, path: file }) => ({ name, up: () => client.query(readFileSync(file ?? "", "utf8")) }),
    },
    context: client,
    storage: {
      executed: async () =>
        (await client.query("select name from umzug_migrations order by name")).rows.map((row) => row.name),
      logMigration: async ({ name }) => void (await client.query("insert into umzug_migrations values ($1)", [name])),
      unlogMigration: async ({ name }) =>
        void (await client.query("delete from umzug_migrations where name = $1", [name])),
    },
    logger: undefined,
  });
  if (command === "up") await umzug.up();
  else console.log(`${(await umzug.executed()).length} executed, ${(await umzug.pending()).length} pending`);
  await client.end();
}

void main(process.argv.slice(2));
