import { readFileSync } from "node:fs";
import * as path from "node:path";
import { checkForeign, foreignRecords, OTHER_TABLES, OTHER_TOOLS } from "../../lib/migrator/database/other-tools";

const GUIDE = readFileSync(path.join(__dirname, "../../docs/adopting.md"), "utf8");
const OURS = "r version bigint not null, dirty boolean not null";
const GOOSE = ["public.goose_db_version"];

test.each(OTHER_TOOLS)("the guide has %s with its command", (tool) => {
  expect(GUIDE).toContain(`--from ${tool}`);
});

test("the guide names every table", () => {
  const named = (table: string) => GUIDE.replaceAll('"', "").includes(table);
  expect(OTHER_TABLES.filter((table) => !named(table))).toEqual([]);
});

describe("a record is", () => {
  test.each([
    ["none on an empty database", null, [], false, []],
    ["none for golang-migrate's table, whatever lies beside it", OURS, GOOSE, false, []],
    ["none once the database was adopted", null, GOOSE, true, []],
    ["goose's by its table", null, GOOSE, false, ["goose"]],
    ["two tools'", null, [...GOOSE, "public.pgmigrations"], false, ["goose", "node-pg-migrate"]],
    ["dbmate's by its shape", "r version character varying not null", [], false, ["dbmate"]],
    ["an older dbmate's", "r version character varying(255) not null", [], false, ["dbmate"]],
    [
      "dbmate's though the database was adopted, since it is in the way",
      "r version text not null",
      [],
      true,
      ["dbmate"],
    ],
    ["nobody's for an unknown shape", `${OURS}, more text`, [], false, [null]],
    ["nobody's for a view", OURS.replace("r ", "v "), [], false, [null]],
  ])("%s", (_, shape, tables, adopted, tools) => {
    expect(foreignRecords(shape, tables, adopted).map(({ tool }) => tool)).toEqual(tools);
  });
});

describe("--from has to be what is there", () => {
  const [goose] = foreignRecords(null, GOOSE, false);
  const unknown = foreignRecords("r a text", [], false);
  test.each([
    ["nothing there, nothing said", [], undefined, []],
    ["the right one", [goose], "goose", []],
    ["not said", [goose], undefined, [/goose has migrated.*--from goose/]],
    ["another one", [goose], "tern", [/--from is tern, but this database holds no record of tern's; it holds goose's/]],
    ["said where there is none", [], "tern", [/no record of tern's\. Leave --from out/]],
    ["of no known tool", unknown, undefined, [/is another tool's: its columns are \(a text\)/]],
  ])("%s", (_, found, from, says) => {
    const problems = checkForeign(
      found.flatMap((record) => record ?? []),
      from,
    );
    expect(problems).toEqual(says.map((text) => expect.stringMatching(text)));
  });
});
