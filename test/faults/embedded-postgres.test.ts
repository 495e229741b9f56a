import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { EmbeddedPostgres } from "../../lib/local/embedded-postgres";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

test("is a PostgreSQL 16 that speaks SCRAM", async () => {
  const url = await postgres.createDatabase();
  const [row] = await postgres.query(
    url,
    "select current_setting('server_version_num')::int / 10000 as major, current_setting('password_encryption') as auth",
  );
  expect(row).toEqual({ major: 16, auth: "scram-sha-256" });
});

test("refuses a wrong password", async () => {
  await expect(postgres.query(postgres.server.url("postgres", "diabrisk", "wrong"), "select 1")).rejects.toThrow(
    /password authentication failed/,
  );
});

test("keeps its data over an immediate stop", async () => {
  const server = await EmbeddedPostgres.start();
  try {
    await postgres.query(server.url(), "create table kept as select 1 as n");
    await server.stop("immediate");
    await server.restart();
    expect(await postgres.query(server.url(), "select n from kept")).toEqual([{ n: 1 }]);
  } finally {
    await server.remove();
  }
  expect(existsSync(server.directory)).toBe(false);
});

test("says why it could not start, and leaves nothing", async () => {
  await expect(EmbeddedPostgres.start({ port: postgres.server.port })).rejects.toThrow(/[Aa]ddress already in use/);
});

test("may be in a folder that is named from here", async () => {
  const parent = mkdtempSync(path.join(tmpdir(), "relative-"));
  chmodSync(parent, 0o1777);
  const server = await EmbeddedPostgres.start({ parent: path.relative(".", parent) });
  await server.remove();
  expect(server.directory).toBe(path.join(parent, path.basename(server.directory)));
  rmSync(parent, { recursive: true });
});
