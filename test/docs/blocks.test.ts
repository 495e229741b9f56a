import { blocksFor, pageNames, parseBlocks, readBlocks } from "../../scripts/docs/blocks";
import { fits, stepsOf } from "../../scripts/docs/transcript";

test.each(pageNames())("%s: every block of commands is run, or says why not", (name) => {
  expect(readBlocks(name).problems).toEqual([]);
});

test("there are blocks for each place", () => {
  for (const place of ["scratch", "database", "cluster"] as const) expect(blocksFor(place).length).toBeGreaterThan(0);
});

const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;

describe("a page", () => {
  test("has blocks of commands, each with the place that the comment above it names", () => {
    const page = `${fence("sh", "a")}\n<!-- run: cluster -->\n\n${fence("console", "$ b\nB")}\n${fence("text", "c")}`;
    expect(parseBlocks("p.md", page)).toEqual({
      blocks: [
        { page: "p.md", line: 1, language: "sh", text: "a", place: "scratch" },
        { page: "p.md", line: 7, language: "console", text: "$ b\nB", place: "cluster" },
      ],
      problems: [],
    });
  });

  test("may say why a block is not run", () => {
    const [block] = parseBlocks("p.md", `<!-- not run: it costs money -->\n${fence("sh", "a")}`).blocks;
    expect(block).toEqual({ page: "p.md", line: 2, language: "sh", text: "a" });
  });

  test.each([
    ["a reason that is missing", `<!-- not run -->\n${fence("sh", "a")}`, "p.md:2: it is not run, but"],
    ["a place that is unknown", `<!-- run: moon -->\n${fence("sh", "a")}`, 'p.md:2: "run: moon" is no place'],
    ["a fence without a language", fence("", "a"), "p.md:1: a fence without a language"],
    ["a transcript without a command", fence("console", "a"), "p.md:1: its first line is no"],
    ["an indented block", "Text:\n\n    a\n", "p.md:3: an indented block"],
  ])("is told of %s", (_, page, problem) => {
    expect(parseBlocks("p.md", page).problems).toEqual([expect.stringContaining(problem)]);
  });

  test("may have paragraphs in lists, and anything in a fence", () => {
    expect(parseBlocks("p.md", `- item\n\n    more\n\n${fence("text", "\n    a")}`).problems).toEqual([]);
  });
});

describe("a transcript", () => {
  test("is of commands, also of several lines, with their output", () => {
    expect(stepsOf({ language: "console", text: "$ cat <<E\n> a\n>\n> E\na\n> b\n$ true" })).toEqual([
      { command: "cat <<E\na\n\nE", expected: ["a", "> b"] },
      { command: "true", expected: [] },
    ]);
  });

  test.each([
    [["a"], "a\n", true],
    [["a"], "a\nb\n", false],
    [[], "a\n", false],
    [[], "", true],
    [["a", "…"], "a\nb\nc", true],
    [["…", "c"], "c", true],
    [["a …s (x)"], "a 0.7 s (x)  \n\n", true],
    [["a … b"], "a \n b", false],
    [["…"], "", true],
  ])("of %j fits %j: %s", (expected, output, fit) => {
    expect(fits(expected, output)).toBe(fit);
  });
});
