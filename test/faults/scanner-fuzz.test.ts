import fc from "fast-check";
import { agree } from "../migrator/sql/agreement";
import { quotes, script, soup } from "../migrator/sql/soup";
import { holds } from "../migrator/support/seeded";

describe("the scanner and PostgreSQL's parser agree for ten seconds each on", () => {
  test.each<[string, fc.Arbitrary<string>]>([
    ["statements", script],
    ["statements, cut short", fc.tuple(script, fc.nat(400)).map(([text, end]) => text.slice(0, end))],
    ["soups of tokens", soup],
    ["soups of quotes", quotes],
  ])("%s", async (_, texts) => {
    const property = fc.asyncProperty(texts, async (sql) => void (await agree(sql)));
    expect(await holds(property, { seconds: 10 })).toBeGreaterThan(1000);
  });
});
