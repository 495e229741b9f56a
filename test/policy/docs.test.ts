import * as fs from "node:fs";
import * as path from "node:path";
import { ALL_RULES } from "../../lib/policy";

const FILE = path.join(__dirname, "..", "..", "docs", "policy.md");
const TABLE = /(<!-- made by test\/policy\/docs\.test\.ts -->\n)[\s\S]*?(<!-- end -->)/;

const cell = (text: string) => text.replaceAll("|", "\\|");
const rows = ALL_RULES.map(({ name, reason, remedy }) => `| \`${name}\` | ${cell(reason)} | ${cell(remedy)} |`);
const table = ["| rule | without it | what to do |", "|---|---|---|", ...rows].join("\n");

/** `jest -u` writes the table, as it does snapshots. */
test("docs/policy.md lists every rule as it is", () => {
  const written = fs.readFileSync(FILE, "utf8");
  const expected = written.replace(TABLE, `$1\n${table}\n\n$2`);
  const update = expect.getState() as { snapshotState?: { _updateSnapshot?: string } };
  if (update.snapshotState?._updateSnapshot === "all") fs.writeFileSync(FILE, expected);
  else expect(written).toBe(expected);
});

test("rules have names of their own", () => {
  const names = ALL_RULES.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});
