import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { migrationsIn } from "../../lib/common/contents";
import { EXIT, SCHEMA_VERSION } from "../../lib/contract";
import { readSettings, SettingsError } from "../../lib/data-svc";
import { runMigrate } from "../../lib/migrator/cli";
import { roles } from "../../lib/roles/addition";
import { ownIdentity, withIdentity } from "../data-svc/client";
import { MIGRATIONS } from "../migrations/support";

const NEWEST = String(SCHEMA_VERSION).padStart(6, "0");

let folder: string;
let older: string;
let file: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "image-"));
  older = path.join(folder, "migrations");
  fs.cpSync(MIGRATIONS, older, { recursive: true });
  for (const name of fs.readdirSync(older)) if (name.startsWith(NEWEST)) fs.rmSync(path.join(older, name));
  file = path.join(folder, "source.digest");
  fs.writeFileSync(file, "aaaaaaaaaaaaaaaa\n");
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const release = () => {
  const { version, digest } = migrationsIn(MIGRATIONS) ?? { version: 0, digest: "" };
  return ["--expect-version", String(version), "--expect-digest", digest];
};

/** The migration Job's first container, in an image that holds `migrations`. Nothing listens on port 1. */
async function bootstrap(migrations: string, args: readonly string[]) {
  let output = "";
  const code = await runMigrate({
    addition: roles,
    args: ["bootstrap", "--connect-tries", "1", ...args],
    environment: {
      DATABASE_URL: "postgres://diabrisk:x@127.0.0.1:1/diabrisk",
      MIGRATIONS_DIR: migrations,
      SOURCE_DIGEST_FILE: file,
      ...Object.fromEntries(
        ["MIGRATOR", "DATA_SVC", "READONLY", "BACKUP", "MONITOR"].map((role) => [`${role}_PASSWORD`, "fake"]),
      ),
    },
    stdout: (text) => (output += text),
    stderr: (text) => (output += text),
    signal: new AbortController().signal,
    interactive: false,
    ask: async () => "",
  });
  return { code, output };
}

test.each([
  ["whose migrations are the release's", () => release()],
  ["built from the release's source", () => [...release(), "--expect-source", "aaaaaaaaaaaaaaaa"]],
  ["of which nothing is expected", () => []],
])("an image %s goes to work", async (_, args) => {
  expect(await bootstrap(MIGRATIONS, args())).toMatchObject({ code: EXIT.unreachable });
});

test("an image that lacks a migration is refused before it connects, with both versions and the way on", async () => {
  const { code, output } = await bootstrap(older, release());
  expect(code).toBe(EXIT.refused);
  expect(output).toContain(`has migrations up to version ${SCHEMA_VERSION - 1}, digest `);
  expect(output).toContain(`in ${older}, and the release up to version ${SCHEMA_VERSION}, digest `);
  expect(output).toMatch(/npm run pin -- /);
});

test.each([0, 2])("half of what is expected of the migrations is no expectation", async (first) => {
  const { code, output } = await bootstrap(MIGRATIONS, release().slice(first, first + 2));
  expect([code, output]).toEqual([EXIT.usage, expect.stringContaining("Give both, or neither.")]);
});

test("an image whose migrations are edited is refused", async () => {
  const edited = path.join(folder, "edited");
  fs.cpSync(MIGRATIONS, edited, { recursive: true });
  fs.appendFileSync(path.join(edited, "000007_seed_data.up.sql"), "select 1;\n");
  const { code, output } = await bootstrap(edited, release());
  expect(code).toBe(EXIT.refused);
  expect(output).toContain("A file has another content or name.");
});

test("an image without the folder of migrations is refused", async () => {
  const { code, output } = await bootstrap(path.join(folder, "nowhere"), release());
  expect([code, output]).toEqual([EXIT.refused, expect.stringContaining("has no migrations in")]);
});

test("in dev, an image of other source is refused, all reasons at once, with the commands that rebuild it", async () => {
  const { code, output } = await bootstrap(older, [...release(), "--expect-source", "bbbbbbbbbbbbbbbb"]);
  expect(code).toBe(EXIT.refused);
  expect(output).toContain(`up to version ${SCHEMA_VERSION - 1}`);
  expect(output).toMatch(/source with digest b{16}, and says a{16}/);
  expect(output).toMatch(
    /docker build -t diabrisk\/data-svc:dev \. && k3d image import diabrisk\/data-svc:dev -c <cluster>/,
  );
});

describe("data-svc", () => {
  const problems = (environment: Record<string, string>) => {
    try {
      const callers = [{ name: "x", subject: "system:serviceaccount:x:x", may: ["listAssessments"] }];
      const complete = { DATABASE_URL: "postgres://data_svc:x@postgres/diabrisk", CALLERS: JSON.stringify(callers) };
      const none = () => {
        throw Object.assign(new Error("none"), { code: "ENOENT" });
      };
      readSettings({ ...complete, ...ownIdentity(), ...environment }, withIdentity(none));
    } catch (error) {
      if (error instanceof SettingsError) return error.problems;
      throw error;
    }
    return [];
  };

  test("starts from the image that is expected", () =>
    expect(problems({ EXPECTED_SOURCE: "aaaaaaaaaaaaaaaa", SOURCE_DIGEST_FILE: file })).toEqual([]));

  test.each([
    ["from another one", "source.digest", /says a{16}/],
    ["from one that does not say", "none", /does not say so \(no .*none\)/],
  ])("refuses to start %s", (_, name, said) => {
    const found = problems({ EXPECTED_SOURCE: "bbbbbbbbbbbbbbbb", SOURCE_DIGEST_FILE: path.join(folder, name) });
    expect(found).toEqual([expect.stringMatching(said), expect.stringMatching(/^Rebuild and load it/)]);
  });
});
