import * as path from "node:path";
import { Client } from "pg";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { addPeople, type Row } from "./rows";

const NAME = "diabrisk";
const PASSWORD = "of-this-run-alone";

/** A checkout's database on a server of its own, with rows. */
export interface SideDatabase {
  readonly server: EmbeddedPostgres;
  /** URL as the role that data-svc has in a pod. */
  readonly url: string;
  /** Ids of the people, each with more than a page of assessments. */
  readonly people: readonly string[];
}

/** Starts a server with the roles and the schema of the checkout in `root`. */
export async function startDatabase(
  root: string,
  given: { readonly parent: string; readonly people: number; readonly rows: readonly Row[] },
): Promise<SideDatabase> {
  const server = await EmbeddedPostgres.start({ parent: given.parent, settings: { log_checkpoints: "off" } });
  try {
    const client = new Client({ connectionString: server.url() });
    await client.connect();
    await client.query(`create database ${NAME}`);
    await client.end();
    await migrate(root, server.url(NAME));
    const people = await addPeople(server.url(NAME), given.people, given.rows);
    return { server, url: server.url(NAME, "data_svc", PASSWORD), people };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** Runs the checkout's own migrator: another commit may have another schema. */
async function migrate(root: string, connectionString: string): Promise<void> {
  const load = (file: string): unknown => require(path.join(root, "lib", file));
  const { bootstrap, privilegesSql } = load("roles") as typeof import("../../lib/roles");
  const { createMigrator } = load("migrator") as typeof import("../../lib/migrator");
  const connection = { connectionString };
  await bootstrap({ connection, passwords: { data_svc: PASSWORD } });
  await createMigrator({ connection, directory: path.join(root, "migrations"), privileges: privilegesSql() }).up();
}
