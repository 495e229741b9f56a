import { Client } from "pg";
import { EXIT } from "../../lib/contract";
import { readState } from "../../lib/migrator/database/inspect";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor } from "./support/database";
import { makeFolder, tables } from "./support/folder";
import { CountingProxy } from "./support/proxy";

// Whoever loads it, fails.
jest.mock("umzug", () => {
  throw new Error("Umzug was loaded");
});

const postgres = usePostgres();

const catalogue = {
  serverVersion: 160014,
  pid: 7,
  database: "d",
  user: "u",
  standby: false,
  watchesClients: true,
  schema: "public",
  schemaOid: "2200",
  searchPath: "public",
  found: null,
  own: null,
};

/** A client of a server that called its process 7. */
const client = Object.assign(new Client(), { processID: 7 });

test.each([
  [{ serverVersion: 150012 }, "The server is PostgreSQL 15, but the migrations are written for PostgreSQL 16"],
  [{ serverVersion: 170001 }, "PostgreSQL 17"],
  [{ pid: 8 }, "a connection pooler, behind which a lock means nothing"],
])("a server is refused for %o", async (difference, says) => {
  const error = await failure(readState(client, { ...catalogue, ...difference }));
  expect(error.exitCode).toBe(EXIT.refused);
  expect(error.message).toContain(says);
});

test("the server as it should be is not", async () => {
  expect(await readState(client, catalogue)).toMatchObject({ schemaVersion: null, history: [] });
});

test("something in between that names another process but keeps the session, as a pooler in session mode, is not", async () => {
  const url = await postgres.createDatabase();
  await postgres.query(url, "create table schema_version (version int)");
  const proxy = await CountingProxy.start(postgres.server.port, { renameProcess: true });
  try {
    const through = url.replace(`:${postgres.server.port}/`, `:${proxy.port}/`);
    // Umzug is not to be loaded here, so what is asked for is refused for something else.
    const error = await failure(migratorFor(through, makeFolder(tables(1))).up());
    expect(error.details.problems).toEqual([expect.stringContaining("tern has migrated")]);
  } finally {
    await proxy.close();
  }
});

test("Umzug, which takes as long to load as Node to start, is loaded only when there is something to run", async () => {
  const url = await postgres.createDatabase();
  await postgres.query(
    url,
    "create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (2, false)",
  );
  const folder = makeFolder(tables(2));
  await migratorFor(url, folder).up();
  expect(await migratorFor(url, folder).up()).toMatchObject({ version: 2, applied: [] });
  await migratorFor(url, folder).status();
  await expect(migratorFor(url, makeFolder(tables(3))).up()).rejects.toThrow("Umzug was loaded");
});
