import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { readText } from "../../../lib/migrator/base/text";
import { scan } from "../../../lib/migrator/sql/scanner";
import { holds } from "../support/seeded";
import { agree } from "./agreement";
import { quotes, script, soup } from "./soup";

const CORPUS = path.join(__dirname, "corpus");
const files = fs.readdirSync(CORPUS).filter((file) => file.endsWith(".sql"));

/** A file's text, as it is run. */
function textOf(file: string): string {
  return readText(path.join(CORPUS, file), []) ?? "";
}

test.each(files)("the scanner splits %s where PostgreSQL's parser does", async (file) => {
  expect(await agree(textOf(file))).toBe("parsed");
});

test.each(files)("and each statement of %s by itself", async (file) => {
  const text = textOf(file);
  for (const { start, end } of scan(text).statements) expect(await agree(text.slice(start, end))).toBe("parsed");
});

test.each(files)("and every beginning of %s, wherever it is cut", async (file) => {
  const text = textOf(file);
  const step = Math.max(1, Math.floor(text.length / 300));
  const verdicts = new Set<string>();
  for (let end = 0; end < text.length; end += step) verdicts.add(await agree(text.slice(0, end)));
  expect(verdicts.has("parsed")).toBe(true);
});

test.each([
  ["select b'e''", "unterminated"],
  ["select x'1''; select 2", "unterminated"],
  ["select b'0'\n'1'; select 2", "parsed"],
])("the scanner and the parser agree on bits: %j", async (sql, verdict) => {
  expect(await agree(sql)).toBe(verdict);
});

describe("the scanner and the parser agree on generated", () => {
  test.each<[string, fc.Arbitrary<string>]>([
    ["statements", script],
    ["statements, cut short", fc.tuple(script, fc.nat(400)).map(([text, end]) => text.slice(0, end))],
    ["soups of tokens", soup],
    ["soups of quotes", quotes],
  ])("%s", async (_, texts) => {
    const property = fc.asyncProperty(texts, async (sql) => void (await agree(sql)));
    expect(await holds(property, { runs: 300 })).toBeGreaterThan(20);
  });

  test("statements, most of which are sound", async () => {
    const verdicts = await Promise.all(fc.sample(script, { numRuns: 100, seed: 1 }).map(agree));
    expect(verdicts.filter((verdict) => verdict === "parsed").length).toBeGreaterThan(80);
  });
});
