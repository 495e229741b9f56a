import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createMigrator, MigrateError } from "../../../lib/migrator";
import { type ExampleFile, examplesOf, writeFolder } from "../../../scripts/docs/lint-rules";
import { readPage } from "../../../scripts/docs/pages";
import { usePostgres } from "../../support/postgres";

const postgres = usePostgres();
const { start, rules } = examplesOf(readPage("lint-rules.md"));

/** Bad files that no server takes, and the error. The others are valid, and hold people up. */
const FAILS: Readonly<Record<string, string>> = {
  "fails-on-partitioned": "0A000",
  "server-refuses": "42809",
  "uses-new-enum-value": "55P04",
};

/** Runs migrations on a new database, then files of other names as they are. */
async function run(files: readonly ExampleFile[]): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "diabrisk-lint-"));
  try {
    const connectionString = await postgres.createDatabase();
    const isMigration = ({ name }: ExampleFile) => name.endsWith(".up.sql");
    writeFolder(directory, [...start, ...files.filter(isMigration)]);
    await createMigrator({ connection: { connectionString }, directory }).up();
    for (const { sql } of files.filter((file) => !isMigration(file))) await postgres.query(connectionString, sql);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe.each(rules)("$rule", ({ rule, bad, good }) => {
  test("PostgreSQL runs the good files", () => run(good));

  test(`PostgreSQL ${FAILS[rule] ? "refuses" : "runs"} the bad files`, async () => {
    const error = await run(bad).catch((reason: unknown) => reason);
    const sqlstate = error instanceof MigrateError ? error.details.sqlstate : error;
    expect(sqlstate).toBe(FAILS[rule]);
  });
});
