import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { contextOf, migrationsIn, sourceDigest } from "../../lib/common/contents";
import { CONTRACT_MIGRATIONS, SCHEMA_VERSION } from "../../lib/contract";

const ROOT = path.resolve(__dirname, "../..");

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "contents-"));
  write(".dockerignore", "# what counts\n*\n!package.json\n!lib\n!migrations\n");
  write("Dockerfile", "FROM scratch\n");
  write("package.json", "{}\n");
  write("lib/a.ts", "a\n");
  write("lib/b/c.ts", "c\n");
  write("migrations/000002_x.up.sql", "select 1;\n");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
}

function writeAll(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) write(file, text);
}

describe("the digest of an image's source", () => {
  test.each<[string, () => void]>([
    ["a changed file", () => write("lib/b/c.ts", "d\n")],
    ["a new file", () => write("lib/b/d.ts", "")],
    ["a file less", () => fs.rmSync(path.join(folder, "lib/a.ts"))],
    ["another name", () => fs.renameSync(path.join(folder, "lib/a.ts"), path.join(folder, "lib/z.ts"))],
    ["text that moved from one file to the next", () => writeAll({ "lib/a.ts": "", "lib/b/c.ts": "a\nc\n" })],
    ["a changed recipe", () => write("Dockerfile", "FROM scratch\nUSER 1\n")],
    ["a changed migration", () => write("migrations/000002_x.up.sql", "select 2;\n")],
  ])("changes with %s", (_, change) => {
    const before = sourceDigest(folder);
    change();
    expect(sourceDigest(folder)).not.toBe(before);
  });

  test.each<[string, () => void]>([
    ["line ends", () => write("lib/a.ts", "a\r\n")],
    ["times", () => fs.utimesSync(path.join(folder, "lib/a.ts"), 1, 1)],
    ["modes", () => fs.chmodSync(path.join(folder, "lib/a.ts"), 0o700)],
    ["what is not in the build", () => write("test/a.ts", "")],
    ["documents", () => write("lib/README.md", "")],
    ["what an editor leaves", () => writeAll({ "lib/.a.ts.swp": "", "lib/a.ts~": "", "lib/.#a.ts": "" })],
    ["an empty folder", () => fs.mkdirSync(path.join(folder, "lib/empty"))],
  ])("does not change with %s", (_, change) => {
    const before = sourceDigest(folder);
    change();
    expect(sourceDigest(folder)).toBe(before);
  });

  test("covers every file of this project that the build gets, but documents", () => {
    const entries = fs
      .readFileSync(path.join(ROOT, ".dockerignore"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const inside = (entry: string): string[] =>
      fs.statSync(path.join(ROOT, entry)).isDirectory()
        ? fs.readdirSync(path.join(ROOT, entry)).flatMap((name) => inside(`${entry}/${name}`))
        : [entry];
    const files = entries.flatMap(inside).filter((file) => !/\.md$|~$|\/\.[^/]*$/.test(file));
    expect(contextOf(ROOT)).toEqual(files.sort());
  });
});

test("a folder's migrations are told by their newest version, their names and their contents", () => {
  const directory = path.join(folder, "migrations");
  const before = migrationsIn(directory);
  expect(before).toEqual({ version: 2, required: 2, contracts: [], digest: expect.stringMatching(/^[0-9a-f]{16}$/) });
  write("migrations/000002_x.up.sql", "select 1;\r\n");
  write("migrations/README.md", "");
  expect(migrationsIn(directory)).toEqual(before);
  write("migrations/000010_y.up.sql", "");
  expect(migrationsIn(directory)).toEqual({
    version: 10,
    required: 10,
    contracts: [],
    digest: expect.not.stringContaining(before?.digest ?? ""),
  });
  write("migrations/000011_z.up.sql", "-- contract\ndrop table x;");
  write("migrations/000011_z.down.sql", "select 1;");
  expect(migrationsIn(directory)).toMatchObject({ version: 11, required: 10, contracts: [11] });
  expect(migrationsIn(path.join(folder, "lib"))).toBeUndefined();
});

test("data-svc waits for the newest migration that is no contract one, and knows those above it", () => {
  const { required, contracts = [] } = migrationsIn(path.join(ROOT, "migrations")) ?? {};
  expect(required).toBe(SCHEMA_VERSION);
  expect(contracts.filter((version) => version > SCHEMA_VERSION)).toEqual(CONTRACT_MIGRATIONS);
});
