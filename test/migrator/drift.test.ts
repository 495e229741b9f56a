import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { migratorFor } from "./support/database";
import { makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

/** What `verify` lists after `changes` were made by hand to a database that `files` made. */
async function drift(files: string, changes: string): Promise<string[]> {
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_a": files }));
  await migratorFor(url, directory).up();
  await postgres.query(url, changes);
  const { code, stdout } = await migrateHere(["verify"], { DATABASE_URL: url, MIGRATIONS_DIR: directory });
  const lines = stdout.split("\n").slice(2, -1);
  expect(code).toBe(lines.length > 0 ? EXIT.refused : EXIT.ok);
  return lines.map((line) => line.trim());
}

/** By what was changed by hand: what is listed. */
const TABLES = "create table t (a int primary key, b text); create table t2 (a int); create index ix on t (a)";
const LISTED: Record<string, [files: string, changes: string, lines: string[]]> = {
  "a column, where a new schema has its table's name": [
    TABLES,
    "create schema t; alter table t add column sneaky int",
    ["+ schema t", "+ column t.sneaky integer"],
  ],
  "a column, where a new publication has its table's name": [
    TABLES,
    "create publication t for table t2; alter table t add column sneaky int",
    ["+ column t.sneaky integer", expect.stringMatching(/^\+ publication t /)],
  ],
  "an index that moved to another table": [
    TABLES,
    "drop index ix; create index ix on t2 (a)",
    ["~ index ix on t btree (a) → on t2 btree (a)"],
  ],
  "an operator with one operand": [
    "create operator !!! (rightarg = int4, function = int4um)",
    "drop operator !!! (none, int4); create operator ~~~~ (rightarg = int4, function = int4um)",
    ["- operator !!! (none, integer) function int4um", "+ operator ~~~~ (none, integer) function int4um"],
  ],
};
test.each(Object.entries(LISTED))("drift: %s", async (_, [files, changes, lines]) => {
  expect(await drift(files, changes)).toEqual(lines);
});
