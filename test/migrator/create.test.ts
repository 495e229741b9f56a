import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { createMigration, sanitise } from "../../lib/migrator/files/create";
import { prepare } from "../../lib/migrator/sql/script";
import { migrateHere } from "./support/command";
import { makeFolder, tables } from "./support/folder";

const create = (directory: string, ...args: string[]) => migrateHere(["create", ...args, "--dir", directory], {});

test("create writes both files with the next number, and says what comes next", async () => {
  const folder = makeFolder(tables(7));
  const { code, stdout } = await create(folder, "Add", "birth year");
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain(`Created ${path.join(folder, "000008_add_birth_year.up.sql")}\nCreated `);
  expect(stdout).toMatch(/migrate test[\s\S]*SCHEMA_VERSION.* go to 8 with it/);
  const [up, down] = ["up", "down"].map((way) =>
    readFileSync(path.join(folder, `000008_add_birth_year.${way}.sql`), "utf8"),
  );
  expect(up).toMatch(/^-- Why: {3}<.+>\n-- Locks: <.+>\n-- Order: <.+>\n-- Undo: {2}<.+>\n\n$/);
  expect(down).toMatch(/^-- Why: {3}undoes 000008_add_birth_year\.up\.sql\.\n/);
});

test("what it wrote is refused until the header is filled in and there is SQL", async () => {
  const { files } = createMigration({ directory: makeFolder({}), name: "x" });
  const text = readFileSync(files.up, "utf8");
  expect((await prepare("x", text)).empty).toBe(true);
  expect((await prepare("x", text)).problems).toEqual([
    expect.stringMatching(/^x:1:11: The header is as `migrate create` wrote it\. Say after Why:/),
  ]);
  expect((await prepare("x", `${text}select 1;`)).problems).toHaveLength(1);
  expect((await prepare("x", `${text.replace(/<.*>/g, "said")}select 1;`)).problems).toEqual([]);
});

test.each([
  [["000009_a.up.sql"], "000010_n"],
  [["1_a.up.sql"], "2_n"],
  [["9_a.up.sql"], "10_n"],
  [["0003_a.up.sql", "0012_b.down.sql"], "0013_n"],
  [[], "000001_n"],
  [["20250101000000_a.up.sql"], "20261123140500_n"],
  [["20990101000000_a.up.sql"], "20990101000001_n"],
])("after %j comes %s", (files, id) => {
  const directory = makeFolder(Object.fromEntries(files.map((file) => [file, ""])));
  expect(createMigration({ directory, name: "n", now: new Date("2026-11-23T14:05:00Z") }).id).toBe(id);
});

test.each([
  ["Add birth-year!", "add_birth_year"],
  ["  Ünïcode/../x ", "unicode_x"],
  ["Straße", "strasse"],
  ["add_x.up.sql", "add_x"],
  ["日本", ""],
])("the name %j becomes %j", (name, clean) => expect(sanitise(name)).toBe(clean));

test("it overwrites nothing, and leaves no half behind", () => {
  const directory = makeFolder({ "000002_n.down.sql.keep": "", "000001_n.up.sql": "" });
  const first = createMigration({ directory, name: "n" });
  expect(first.id).toBe("000002_n");
  const before = readdirSync(directory);
  const blocked = makeFolder({ "1_n.up.sql": "a", "1_n.down.sql": "b" });
  expect(createMigration({ directory: blocked, name: "n" }).id).toBe("2_n");
  expect(readFileSync(path.join(blocked, "1_n.up.sql"), "utf8")).toBe("a");
  expect(readdirSync(directory)).toEqual(before);
});

test("nothing is numbered above the largest version", () => {
  const directory = makeFolder({ "9007199254740991_a.up.sql": "select 1", "9007199254740991_a.down.sql": "select 1" });
  expect(() => createMigration({ directory, name: "n" })).toThrow(/nothing can be numbered above it/);
  expect(readdirSync(directory)).toHaveLength(2);
});

test.each([
  ["no name", [], /create needs NAME/],
  ["a name of signs", ["!!"], /holds no letter or digit/],
  ["a folder that does not exist", ["x", "--dir", "/nowhere/at/all"], /cannot be read: it does not exist/],
])("%s is refused", async (_, args, says) => {
  const { code, stderr } = await migrateHere(["create", ...args], { MIGRATIONS_DIR: makeFolder({}) });
  expect(stderr).toMatch(says);
  expect(code).toBe(EXIT.usage);
  expect(existsSync("/nowhere")).toBe(false);
});
