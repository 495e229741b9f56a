import fc from "fast-check";
import { ParseError, parse } from "../../../lib/migrator/sql/parser";
import { scan } from "../../../lib/migrator/sql/scanner";
import { tokensDigest } from "../../../lib/migrator/sql/tokens";
import { holds } from "../support/seeded";
import { script, soup } from "./soup";

/** PostgreSQL's own parse tree without places; undefined if there is none. */
async function tree(text: string): Promise<string | undefined> {
  try {
    const nodes = (await parse(text)).map(({ node }) => node);
    return JSON.stringify(nodes, (key, value) => (/location$|^list_(start|end)$/.test(key) ? undefined : value));
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

const SEPARATORS = ["", "", " ", "\n", "\t ", "/* c */", " -- c\n"];

/** The tokens of a text with other things between them, and some words in other letters. */
function respaced(text: string, choices: readonly number[]): string {
  const parts: string[] = [];
  scan(text, (start, end) => {
    const choice = choices[parts.length % choices.length] ?? 0;
    const token = text.slice(start, end);
    parts.push(choice % 5 === 0 && /^[a-z]+$/.test(token) ? token.toUpperCase() : token);
    parts.push(SEPARATORS[choice % SEPARATORS.length] ?? "");
  });
  return parts.join("");
}

test.each([
  ["statements", script, 400],
  ["soups of tokens", soup, 2000],
])("%s with equal tokens have equal parse trees", async (_, texts, runs) => {
  let equal = 0;
  const cases = fc.tuple(texts, fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }));
  const property = fc.asyncProperty(cases, async ([text, choices]) => {
    const other = respaced(text, choices);
    const [before, after] = [await tree(text), await tree(other)];
    // A text without a tree was never applied.
    if (before === undefined || tokensDigest(text) !== tokensDigest(other)) return;
    if (text !== other) equal++;
    expect({ text, other, tree: after }).toEqual({ text, other, tree: before });
  });
  await holds(property, { runs });
  expect(equal).toBeGreaterThan(20);
});

const tokens = (text: string) => tokensDigest(text);

test.each([
  ["select 1", "-- x\nSELECT  1 ;"],
  ["select a<b", "select a < b /* c /* d */ */"],
  ["create table a(id int)", "create table a (\n  id int\n);\n"],
  ["select a::int", "select a :: int"],
  ["select 1; select 2", "select 1;\n\nselect 2;"],
])("%j and %j are the same SQL", (one, other) => expect(tokens(one)).toBe(tokens(other)));

test.each([
  ["select 1", "select 2"],
  ["select a<-b", "select a< -b"],
  ["select 'a b'", "select 'a  b'"],
  ['select "A"', 'select "a"'],
  ["do $$ a $$", "do $$ A $$"],
  ["select ab", "select a b"],
  ["select a--b\n", "select a- -b"],
  ["select 1", "-- migrate:no-transaction\nselect 1"],
])("%j and %j are not", (one, other) => expect(tokens(one)).not.toBe(tokens(other)));

test("a text of more than a million characters has none", () => {
  expect(tokens(`select '${"a".repeat(1_000_000)}'`)).toBeUndefined();
});
