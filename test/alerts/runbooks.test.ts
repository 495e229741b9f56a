import { readFileSync } from "node:fs";
import * as path from "node:path";
import { ALERTS, alertRules } from "./stage";

const ROOT = path.join(__dirname, "..", "..");
const SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"];

const links = alertRules()
  .toJson()
  .spec.groups.flatMap(({ rules }: { rules: { alert: string; annotations: { runbook_url: string } }[] }) =>
    rules.map(({ alert, annotations }) => [alert, annotations.runbook_url] as const),
  ) as readonly (readonly [string, string])[];

/** The text under the heading that a link leads to. */
function runbook(link: string): string {
  const [file = "", anchor = ""] = link.split("#");
  const text = readFileSync(path.join(ROOT, file), "utf8");
  const found = text.split(/^## /m).filter((part) => part.split("\n", 1)[0]?.toLowerCase() === anchor);
  expect([link, found.length]).toEqual([link, 1]);
  return found[0] ?? "";
}

test.each(links)("%s has a runbook, and each of its four sections says something", (_, link) => {
  const parts = runbook(link).split(/^\*\*(\w+)\.\*\* /m);
  expect(parts.filter((_, index) => index % 2 === 1)).toEqual(SECTIONS);
  for (const [index, section] of SECTIONS.entries()) {
    expect([section, (parts[2 * index + 2] ?? "").trim()]).toEqual([section, expect.stringMatching(/^[\s\S]{30,}\.$/)]);
  }
});

test("there is no runbook of an alert that is gone", () => {
  const headings = readFileSync(path.join(ROOT, "docs/runbooks.md"), "utf8").match(/^## .*/gm) ?? [];
  expect(headings.map((heading) => heading.slice(3)).sort()).toEqual(
    [...new Set(ALERTS.map(({ name }) => name))].sort(),
  );
});
