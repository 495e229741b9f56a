import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { FoundTable } from "../../lib/migrator/database/found-table";
import { checkForeign, foreignRecords, OTHER_TOOLS } from "../../lib/migrator/database/other-tools";

const GUIDE = readFileSync(path.join(__dirname, "../../docs/adopting.md"), "utf8");
const PLACE = { schema: "public", name: "schema_migrations" };

/** A table from its columns, each a name and a type. */
function table(name: string, columns: readonly string[], { schema = "public", kind = "r" } = {}): FoundTable {
  return {
    schema,
    name,
    kind,
    readable: true,
    columns: columns.map((column) => {
      const [first = "", ...type] = column.split(" ");
      return { name: first, type: type.join(" ") || "text", required: true };
    }),
  };
}

const GOOSE = table("goose_db_version", ["id", "version_id", "is_applied", "tstamp"]);
const NODE = table("pgmigrations", ["id", "name", "run_on"]);

test("the guide has every tool", () => {
  expect(OTHER_TOOLS.filter((tool) => !GUIDE.includes(`\`${tool}\``))).toEqual([]);
});

describe("a record is", () => {
  const versions = (...columns: string[]) => table("schema_migrations", columns);
  test.each<[string, FoundTable[], (string | null)[]]>([
    ["none on an empty database", [], []],
    ["goose's by its columns", [GOOSE], ["goose"]],
    ["goose's under another name, in another schema", [{ ...GOOSE, schema: "app", name: "moves" }], ["goose"]],
    ["two tools'", [GOOSE, NODE], ["goose", "node-pg-migrate"]],
    ["one, where a tool has several tables", [GOOSE, { ...GOOSE, schema: "app" }], ["goose"]],
    ["dbmate's by its shape", [versions("version character varying")], ["dbmate"]],
    [
      "Rails's beside its other table",
      [table("ar_internal_metadata", ["key", "value"]), versions("version")],
      ["rails"],
    ],
    ["Ecto's", [versions("version bigint", "inserted_at timestamp")], ["ecto"]],
    [
      "Supabase's",
      [table("schema_migrations", ["version", "statements"], { schema: "supabase_migrations" })],
      ["supabase"],
    ],
    ["nobody's for an unknown shape", [versions("version bigint", "more text")], [null]],
    ["nobody's for a view", [table("schema_migrations", ["version"], { kind: "v" })], [null]],
    ["none for a table that only has a common name", [table("migrations", ["a", "b"])], []],
    ["none for a table with one column alike", [table("sensors", ["batch", "reading"])], []],
  ])("%s", (_, tables, tools) => {
    expect(foreignRecords(tables, PLACE).map(({ tool }) => tool)).toEqual(tools);
  });
});

describe("--from has to be what is there", () => {
  const [goose] = foreignRecords([GOOSE], PLACE);
  const unknown = foreignRecords([table("schema_migrations", ["a text"])], PLACE);
  test.each([
    ["nothing there, nothing said", [], undefined, []],
    ["the right one", [goose], "goose", []],
    ["not said", [goose], undefined, [/goose has migrated.*--from goose/]],
    ["another one", [goose], "tern", [/--from is tern, but this database holds no record of tern's; it holds goose's/]],
    ["said where there is none", [], "tern", [/no record of tern's\. Leave --from out/]],
    ["of no known tool", unknown, undefined, [/is another tool's: its columns are \(a text not null\)/]],
  ])("%s", (_, found, from, says) => {
    const problems = checkForeign(
      found.flatMap((record) => record ?? []),
      from,
      false,
    );
    expect(problems).toEqual(says.map((text) => expect.stringMatching(text)));
  });
});
