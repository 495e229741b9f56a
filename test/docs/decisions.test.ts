import { Anchors, decisionProblems, decisionsPage } from "../../scripts/docs/decisions";
import { readPage } from "../../scripts/docs/pages";

test("every decision has a heading and a date", () => {
  expect(decisionProblems(readPage("decisions.md"))).toEqual([]);
});

describe("a page of decisions", () => {
  const page =
    "<!-- index -->\n<!-- end -->\n\n## Room\n\n### `a` is *b*\n\n*2026-01-02.* Why.\n\n### Twice\n\nWhy.\n\n**New.** Why.\n";

  test("gets an index with dates and links", () => {
    expect(decisionsPage(page)).toContain(
      "**[Room](#room)**\n\n- 2026-01-02: [`a` is *b*](#a-is-b)\n- undated: [Twice](#twice)",
    );
  });

  test("says which entries lack their date or heading, and what to write", () => {
    expect(decisionProblems(page)).toEqual([
      'docs/decisions.md:10: "Twice" has no date. Begin its text with *YYYY-MM-DD.*',
      expect.stringMatching(/^docs\/decisions\.md:14: "New\..*" is not under a heading of its own\. Write `### Title`/),
    ]);
  });

  test("links as GitHub does, also to headings of one name", () => {
    const anchors = new Anchors();
    expect(["`--locale=C`, twice", "Ä – b", "Ä – b"].map((title) => anchors.next(title))).toEqual([
      "--localec-twice",
      "ä--b",
      "ä--b-1",
    ]);
  });
});
