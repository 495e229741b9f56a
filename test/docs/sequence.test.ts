import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { readPage } from "../../scripts/docs/pages";

const LIB = path.resolve(__dirname, "../../lib");
const diagram = /```mermaid\nsequenceDiagram\n([\s\S]*?)```/.exec(readPage("architecture.md"))?.[1] ?? "";
const participants = new Map(
  [...diagram.matchAll(/participant (\w+) as (\S+)/g)].map(([, id = "", label = ""]) => [
    id,
    label.replace("<br/>", ""),
  ]),
);
/** Functions that a message says it calls, with the file that it goes to. */
const calls = [...diagram.matchAll(/->>(\w+): (.*)/g)].flatMap(([, to = "", text = ""]) =>
  [...text.matchAll(/(\w+)\(\)/g)].map(([, name = ""]) => ({ name, file: participants.get(to) ?? to })),
);

test("the way of one up is drawn with files and functions", () => {
  expect(participants.size).toBeGreaterThan(5);
  expect(calls.length).toBeGreaterThan(8);
});

test.each([...participants.values()].filter((label) => label.includes("/")))("lib/%s exists", (file) => {
  expect(existsSync(path.join(LIB, file))).toBe(true);
});

test.each(calls)("$name() is in lib/$file, or is imported there", ({ name, file }) => {
  expect(readFileSync(path.join(LIB, file), "utf8")).toMatch(
    new RegExp(`(function|const) ${name}\\b|^ {2}(async )?${name}\\(|import .*\\b${name}\\b`, "m"),
  );
});
