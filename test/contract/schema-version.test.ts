import pino from "pino";
import { EXIT, SCHEMA_VERSION } from "../../lib/contract";
import { Database } from "../../lib/data-svc/database";
import { Metrics } from "../../lib/data-svc/metrics";
import { judgeSchema, Schema } from "../../lib/data-svc/schema";
import { MIGRATIONS } from "../migrations/support";
import { failure, migratorFor } from "../migrator/support/database";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

/** What data-svc thinks of a database, from its own query to its verdict. */
async function judgement(url: string): Promise<string> {
  const waits = { poolWaitMs: 5000, outageWaitMs: 5000, statementTimeoutMs: 5000, exportTimeoutMs: 5000 };
  const settings = { url: () => url, poolMax: 1, ...waits };
  const metrics = new Metrics();
  const database = new Database(settings, pino({ level: "silent" }), metrics);
  try {
    return judgeSchema(await new Schema(database, metrics).read({})).status;
  } finally {
    await database.close();
  }
}

/** What `migrate wait` does: 0 when it lets a service start. */
async function waiting(url: string): Promise<number> {
  const wait = migratorFor(url, "").wait({ version: SCHEMA_VERSION, timeoutSeconds: 0 });
  return wait.then(
    () => EXIT.ok,
    async () => (await failure(wait)).exitCode,
  );
}

const CREATE = "create table schema_migrations (version bigint not null primary key, dirty boolean not null);";
const at = (version: number, dirty = false) => `${CREATE} insert into schema_migrations values (${version}, ${dirty})`;

describe("`migrate wait` lets start whom data-svc lets work", () => {
  test.each([
    ["without the table", "select 1", "failed"],
    ["without a row", CREATE, "failed"],
    ["at (-1, true)", at(-1, true), "failed"],
    ["a version behind", at(SCHEMA_VERSION - 1), "failed"],
    ["a version behind, and dirty", at(SCHEMA_VERSION - 1, true), "failed"],
    ["at this release's version", at(SCHEMA_VERSION), "ok"],
    ["at this release's version, and dirty", at(SCHEMA_VERSION, true), "failed"],
    ["a version ahead", at(SCHEMA_VERSION + 1), "warning"],
    ["a version ahead, and dirty", at(SCHEMA_VERSION + 1, true), "warning"],
    ["at a timestamp", at(20_240_101_000_001), "warning"],
  ])("%s", async (_, sql, verdict) => {
    const url = await postgres.createDatabase();
    await postgres.query(url, sql);
    expect(await judgement(url)).toBe(verdict);
    expect(await waiting(url)).toBe(verdict === "failed" ? EXIT.pending : EXIT.ok);
  });
});

test("a database ahead is success for `up` as well, with a warning, and is left alone", async () => {
  const url = await postgres.createDatabase();
  await migratorFor(url, MIGRATIONS).up();
  await postgres.query(url, `update schema_migrations set version = ${SCHEMA_VERSION + 1}`);
  const migrator = migratorFor(url, MIGRATIONS);
  expect(await migrator.up()).toMatchObject({ version: SCHEMA_VERSION + 1, applied: [], ahead: true });
  expect(migrator.events).toEqual([
    expect.objectContaining({ level: "warn", message: expect.stringContaining("nothing is undone") }),
  ]);
  expect(await judgement(url)).toBe("warning");
  expect(await waiting(url)).toBe(EXIT.ok);
});
