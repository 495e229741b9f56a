import * as path from "node:path";
import * as fc from "fast-check";
import { EXIT } from "../../lib/contract";
import { JsonError, readJson } from "../../lib/migrator/settings/json-text";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { makeFolder, pairs, write } from "./support/folder";

const postgres = usePostgres();

const RENAMES = pairs({
  "1_t": "create table t (id int, a int, b int)",
  "2_x": "alter table t rename a to c;\nalter table t rename b to d;",
  "3_y": "alter table t rename c to e",
});

/** Runs lint on these migrations, in a folder below one with these files. */
async function lintIn(above: Readonly<Record<string, string>>, ...more: string[]) {
  const below = Object.fromEntries(Object.entries(RENAMES).map(([name, sql]) => [`db/sql/${name}`, sql]));
  const root = makeFolder({ ...below, ...above });
  const ran = await migrateHere(["lint", "--dir", path.join(root, "db/sql"), ...more], {});
  const plain = (text: string) => text.replaceAll(`${root}/`, "");
  return { code: ran.code, stdout: plain(ran.stdout), stderr: plain(ran.stderr) };
}

const rename = (upTo: unknown, reason: unknown = "old") => ({ lint: [{ rule: "rename", upTo, reason }] });

test("a rule is set aside up to a version, wherever the nearest settings are", async () => {
  const places = [
    { "db/sql/migrate.json": rename(2) },
    { "db/migrate.json": rename(2) },
    { "migrate.json": rename(2) },
    { "package.json": { name: "x", migrate: rename(2) } },
    { "package.json": { migrate: rename(3) }, "db/migrate.json": rename(2) },
    { "migrate.json": rename(2), "db/package.json": { name: "without the key" } },
  ];
  for (const place of places) {
    const files = Object.fromEntries(Object.entries(place).map(([name, value]) => [name, JSON.stringify(value)]));
    const { code, stdout } = await lintIn(files);
    expect([code, stdout.split("\n").at(-2)]).toEqual([EXIT.refused, "6 files: 1 finding: 1 rename; 2 set aside."]);
  }
});

test("--json tells what was set aside, by whom and why", async () => {
  const { stdout } = await lintIn({ "migrate.json": JSON.stringify(rename(3)) }, "--json");
  const lines = stdout.trim().split("\n");
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects.filter(({ setAside }) => setAside === true)).toHaveLength(3);
  expect(objects[0]).toMatchObject({ setAside: true, rule: "rename", line: 1, reason: "old", by: "project" });
  expect(objects.at(-1)).toMatchObject({ result: "lint", findings: 0, setAside: 3, problems: [] });
});

test("an entry that sets nothing aside is told, unless only some files are looked at", async () => {
  const settings = { "migrate.json": JSON.stringify(rename(1)) };
  expect((await lintIn(settings)).stdout).toContain(
    "sets rename aside up to version 1, and nothing there is against it",
  );
});

test("verify leaves out what the project ignores, and says why", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_t": ["create table t (id int)", "drop table t"] }));
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  await migrateHere(["up"], environment);
  await postgres.query(url, "create table by_hand (id int); create table more (id int)");
  const ignore = [{ pattern: "public.by_h*", reason: "of the operator" }];
  write(directory, { "migrate.json": JSON.stringify({ verify: { ignore } }) });
  const some = await migrateHere(["verify"], environment);
  expect([some.code, some.stdout]).toEqual([
    EXIT.refused,
    expect.stringMatching(/\+ table more[\s\S]*of the operator/),
  ]);
  expect((await migrateHere(["verify", "--ignore", "public.more"], environment)).code).toBe(EXIT.ok);
  write(directory, { "migrate.json": JSON.stringify({ verify: { ignore: [{ pattern: "x" }] } }) });
  expect((await migrateHere(["verify", "--no-drift"], environment)).code).toBe(EXIT.usage);
});

test("every mistake is refused, all at once", async () => {
  const { code, stderr } = await lintIn({
    "migrate.json": JSON.stringify({
      lint: [
        { rule: "no-such", upTo: 2, reason: "x" },
        { rule: "rename", upTo: 4, reason: " " },
        { rule: "rename", upTo: "2", because: "x", reason: "x" },
        { rule: "truncate", upTo: 1.5, reason: 7 },
        "rename",
      ],
      verify: { ignore: [{ pattern: "", reason: "x" }, { pattern: "x" }], more: 1 },
      lnit: [],
    }),
  });
  expect(code).toBe(EXIT.usage);
  const told = stderr.split("\n").filter((line) => line.startsWith("  - "));
  expect(told.map((line) => line.replace("  - migrate.json: ", "").replace(/Rules: .*/, ""))).toEqual([
    expect.stringContaining('migrate.json has the key "lnit", which means nothing there. Keys: lint, verify.'),
    'verify has the key "more", which means nothing there. Keys: ignore.',
    'lint[1].reason is " ", and has to be a text: why it does no harm.',
    'lint[2] has the key "because", which means nothing there. Keys: rule, upTo, reason.',
    'lint[2].upTo is "2", and has to be the number of a version, 0 or above.',
    "lint[3].upTo is 1.5, and has to be the number of a version, 0 or above.",
    "lint[3].reason is 7, and has to be a text: why it does no harm.",
    'lint[4] is "rename", and has to be an object with rule, upTo, reason.',
    "lint[4].rule is missing, and has to be a text: the name of a rule.",
    "lint[4].upTo is missing, and has to be the number of a version, 0 or above.",
    "lint[4].reason is missing, and has to be a text: why it does no harm.",
    'verify.ignore[0].pattern is "", and has to be a text: the objects\' names.',
    "verify.ignore[1].reason is missing, and has to be a text: why they may differ.",
    'lint[0].rule is "no-such", and no rule is called so. ',
    "lint[1].upTo is 4, but the newest file has version 3: a rule is set aside for files that are there. Set it to at most 3.",
    "lint[2] is about rename, as lint[1] is. Join them.",
  ]);
});

test("two places in one folder contradict each other, and bad JSON has a place", async () => {
  const both = { "migrate.json": "{}", "package.json": '{"migrate": {}}' };
  expect((await lintIn(both)).stderr).toContain('migrate.json and package.json (key "migrate") are both there');
  const broken = await lintIn({ "db/migrate.json": '{\n  "lint": [],\n  lint: 1\n}' });
  expect([broken.code, broken.stderr]).toEqual([
    EXIT.usage,
    "error: The arguments or settings cannot stand:\n  - db/migrate.json:3:3 is no JSON: a key in double quotes was expected here.\n",
  ]);
});

test("JSON is read as JSON.parse reads it, and a key stands once", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", '"', "\u0001", "1"));
  fc.assert(
    fc.property(damaged, ([text, at, put]) => {
      const place = at % (text.length + 1);
      const other = text.slice(0, place) + put + text.slice(place + 1);
      const read = (parse: (text: string) => unknown) => {
        try {
          return [parse(other)];
        } catch (error) {
          return error instanceof JsonError || error instanceof SyntaxError ? "refused" : error;
        }
      };
      const mine = read(readJson);
      // JSON.parse takes a key twice.
      if (mine !== "refused" || !/^(?:.*"){4}/s.test(other)) expect(mine).toEqual(read(JSON.parse));
    }),
  );
  expect(() => readJson('{"a": 1,\n"a": 2}')).toThrow('the key "a" stands in this object already');
});
