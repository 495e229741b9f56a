import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { NEWEST_MIGRATION } from "../../lib/contract";
import { execute } from "../../lib/deploy/kubectl";
import { lastRelease, whyNotHere } from "../../scripts/releases";
import { describeUnless } from "./support/programs";

const ROOT = path.resolve(__dirname, "../..");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "release-before-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `npm run test:before` says of this checkout with one migration more. */
async function withMigration(up: string) {
  const dir = path.join(folder, "migrations");
  rmSync(dir, { recursive: true, force: true });
  cpSync(path.join(ROOT, "migrations"), dir, { recursive: true });
  const file = path.join(dir, `${String(NEWEST_MIGRATION + 1).padStart(6, "0")}_trial`);
  writeFileSync(`${file}.up.sql`, up);
  writeFileSync(`${file}.down.sql`, "select 1;\n");
  const args = ["--import", "tsx", path.join("scripts", "release-before.ts"), "--dir", dir];
  // biome-ignore lint/style/noProcessEnv: git is found by it.
  return await execute(process.execPath, args, { cwd: ROOT, env: process.env, seconds: 280 });
}

const DROP = "alter table assessments drop column confidence_level cascade;\n";

describeUnless(whyNotHere(lastRelease()), "npm run test:before", () =>
  test.each([
    [
      "a column that it does not know lets the release before work",
      "alter table assessments add column note text;\n",
      0,
    ],
    ["a column that it writes is missed by the release before", DROP, 1],
    ["a column that it writes may go after the rollout", `-- contract: nobody reads it.\n${DROP}`, 0],
  ])(
    "%s",
    async (_, up, expected) => {
      const { code, stdout, stderr } = await withMigration(up);
      expect(`${code}: ${stdout}${stderr}`).toMatch(
        expected === 0
          ? /^0: data-svc of release \S+ \(\w+\) works on schema version \d+: .*passed/
          : /^1: [\s\S]*500[\s\S]*does not work on schema version \d+[\s\S]*say -- contract in the head/,
      );
    },
    300_000,
  ),
);
