import { FACTS, type Fact, gather, type Source, type State, type Status } from "../../lib/status/document";
import { renderStatus } from "../../lib/status/text";

const NOW = new Date("2026-11-30T16:40:00Z");
const well: Source = async () => ({ state: "ok", text: "It is well." });
const sources = (changed: Partial<Record<Fact["name"], Source>>) =>
  ({ ...Object.fromEntries(FACTS.map((name) => [name, well])), ...changed }) as Record<Fact["name"], Source>;
const ask = (changed: Partial<Record<Fact["name"], Source>>): Promise<Status> =>
  gather({ stage: "prod", context: "prod-eu" }, sources(changed), { now: () => NOW, seconds: 1 });
const telling =
  (state: State, text: string): Source =>
  async () => ({ state, text });

test("the worst comes first, marked by a word, and the verdict is the worst one's", async () => {
  const status = await ask({
    volume: telling("warning", "It is filling."),
    alerts: telling("unknown", "It could not be asked: no."),
    backup: telling("failed", "There is none."),
  });
  const lines = renderStatus(status);
  expect(lines.slice(2, 6)).toEqual([
    "FAILED   backup        There is none.",
    "UNKNOWN  alerts        It could not be asked: no.",
    "WARNING  volume        It is filling.",
    "ok       release       It is well.",
  ]);
  expect(lines.at(-1)).toBe("Something is wrong.");
  expect(status.facts.map(({ name }) => name)).toEqual(FACTS);
});

test.each<[Partial<Record<Fact["name"], Source>>, State, string]>([
  [{}, "ok", "All is well."],
  [{ volume: telling("warning", "") }, "warning", "It works, but somebody should look."],
  [{ volume: telling("warning", ""), alerts: telling("unknown", "") }, "unknown", "Something could not be asked."],
])("the verdict of %j is %s", async (changed, result, verdict) => {
  const status = await ask(changed);
  expect(status.result).toBe(result);
  expect(renderStatus(status).at(-1)).toBe(verdict);
});

test("a long text takes two lines of a hundred columns, and nothing in it can command a terminal", async () => {
  const message = `\u001b[2Jgone\nnext line ${"word ".repeat(60)}${"x".repeat(200)}`;
  const status = await ask({ release: telling("failed", message) });
  const lines = renderStatus(status);
  expect(lines).toHaveLength(4 + FACTS.length + 1);
  expect(lines[2]).toMatch(/^FAILED {3}release {7}\\u001b\[2Jgone next line word/);
  expect(lines[3]).toMatch(/^ {23}word.* …$/);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that a terminal would obey.
  expect(lines.join("")).not.toMatch(/[\u0000-\u001f]/);
});

test("colours come beside the words, where somebody paints", async () => {
  const painted = renderStatus(
    await ask({ volume: telling("warning", "It fills.") }),
    (state, text) => `<${state}>${text}`,
  );
  expect(painted[2]).toBe("<warning>WARNING  volume        It fills.");
  expect(painted.at(-1)).toBe("<warning>It works, but somebody should look.");
});
