import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { writeIdentity } from "../../lib/local/identity";
import { localStatus, type Watched } from "../../lib/local/status";
import type { FactName, Status } from "../../lib/status/document";
import { DOCUMENT } from "../../lib/status/json-schema";
import { usePostgres } from "../support/postgres";

FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
const schema = TypeCompiler.Compile(DOCUMENT);
const postgres = usePostgres();

/** The answer of data-svc's /readyz. */
let ready: object;
let service: Server;
let folder: string;
let tlsFolder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "local-status-"));
  tlsFolder = await writeIdentity(folder);
  const [cert, key] = ["tls.crt", "tls.key"].map((name) => readFileSync(path.join(tlsFolder, name)));
  service = createServer({ cert, key }, (_, response) => response.end(JSON.stringify(ready)));
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
});
afterAll((done) => {
  rmSync(folder, { recursive: true });
  service.close(done);
});
beforeEach(() => {
  ready = { ready: true, checks: { database: { status: "ok", message: "127.0.0.1:5432 answers." } } };
});

const NOW = new Date();
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

const BACKUP = { id: "000001-20261130T164000Z", madeAt: ago(80), provenAt: ago(70) };

async function ask(databaseUrl: string, backup: Partial<Watched> = { backup: BACKUP }): Promise<Status> {
  const authorityFile = path.join(tlsFolder, "ca.crt");
  const serviceUrl = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { directory } = postgres.server;
  const status = await localStatus(
    { databaseUrl, serviceUrl, authorityFile, directory, startedAt: ago(90), ...backup },
    () => NOW,
  );
  expect([...schema.Errors(JSON.parse(JSON.stringify(status)))]).toEqual([]);
  return status;
}

/** Facts that are not well. The disk is this machine's. */
const states = ({ facts }: Status) =>
  Object.fromEntries(facts.flatMap(({ name, state }) => (state === "ok" || name === "volume" ? [] : [[name, state]])));
const textOf = ({ facts }: Status, name: FactName) => facts.find((fact) => fact.name === name)?.text;

test("a stack that is well", async () => {
  const status = await ask(await postgres.createMigratedDatabase());
  expect(states(status)).toEqual({});
  expect(status).not.toHaveProperty("namespace");
  const texts = Object.fromEntries(status.facts.map(({ name, text }) => [name, text]));
  expect(texts).toMatchObject({
    schema: "The schema is at version 7, the newest of this checkout. Nothing is pending.",
    database: expect.stringMatching(/^PostgreSQL 16\.\S+ answers, since /),
    "data-svc": expect.stringMatching(/^data-svc is ready since .* \(90 s\)\.$/),
    writes: "The database takes writes.",
    backup: "The last backup ended 80 s ago: 000001-20261130T164000Z.",
    restore: "000001-20261130T164000Z was restored into a second server 70 s ago, and all of it was equal.",
    volume: expect.stringMatching(/^The disk of the data is \d+ % full: /),
    connections: expect.stringMatching(/^\d+ of \d+ connections are in use/),
  });
});

test("without client programs there is no backup, and that is told", async () => {
  const status = await ask(await postgres.createMigratedDatabase(), {});
  expect(states(status)).toEqual({ backup: "warning", restore: "warning" });
});

test("a service that is not ready, or warns, is told with its checks", async () => {
  const url = await postgres.createMigratedDatabase();
  ready = { ready: false, checks: { schema: { status: "failed", message: "The schema is at 6." } } };
  const failed = await ask(url);
  expect(states(failed)).toEqual({ "data-svc": "failed" });
  expect(failed.facts.find(({ name }) => name === "data-svc")?.details).toEqual(["schema failed: The schema is at 6."]);
  ready = { ready: true, checks: { schema: { status: "warning", message: "Ahead." } } };
  expect(states(await ask(url))).toEqual({ "data-svc": "warning" });
});

test("a database that is gone is unknown with the reason, and the rest is told", async () => {
  const status = await ask("postgres://diabrisk:none@127.0.0.1:9/diabrisk");
  expect(states(status)).toEqual(
    Object.fromEntries(
      ["schema", "database", "writes", "replication", "connections", "transactions"].map((name) => [name, "unknown"]),
    ),
  );
  expect(textOf(status, "schema")).toContain("ECONNREFUSED");
});
