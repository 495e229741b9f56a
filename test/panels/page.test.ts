import { createHash } from "node:crypto";
import type { Panel } from "../../lib/monitoring/dashboard";
import type { AnsweredRow, Line } from "../../lib/panels/ask";
import { panelsPage } from "../../lib/panels/page";

const EVIL = `<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'"&`;
/** 12:00 to 15:00. */
const END = Date.UTC(2026, 10, 30, 15) / 1000;
const RANGE = { start: END - 3 * 3600, end: END, step: 60 };

const panel = (changes: Partial<Panel> = {}): Panel => ({
  ...{ title: "Requests", unit: "reqps", kind: "graph", queries: [{ expr: "x", legend: "x" }] },
  ...changes,
});
/** A value a minute, from the range's start or later. */
const line = (name: string, values: readonly number[], from = RANGE.start): Line => ({
  name,
  samples: values.map((value, index) => [from + index * RANGE.step, value] as const),
});
const always = (name: string, value: number) => line(name, Array<number>(181).fill(value));

const pageOf = (...panels: AnsweredRow["panels"]) =>
  panelsPage({
    ...{ stage: "prod", namespace: "diabrisk", source: "the test", range: RANGE },
    rows: [{ title: "Row", panels }],
  });
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);
const pathsOf = (page: string) => all(page, /<path class="line look-\d+" d="(M[^"]*)"\/>\n/g);

test("text of Prometheus stays text, and the policy allows the page's own styles alone", () => {
  const page = pageOf({ panel: panel(), lines: [always(EVIL, 1)] }, { panel: panel(), lines: [], problem: EVIL });
  expect(page).not.toMatch(/<script|<img/);
  expect(all(page, /(&lt;script)/g)).toHaveLength(2);
  const [style = ""] = all(page, /<style>([\s\S]*?)<\/style>/g);
  const hash = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
  );
  expect(all(page, /\sstyle="([^"]*)"/g)).toEqual([]);
});

test("a figure is in its unit, and none is said in the panel's own words", () => {
  const stat = (changes: Partial<Panel>, value?: number) => ({
    panel: panel({ kind: "stat", unit: "s", ...changes }),
    lines: value === undefined ? [] : [line("x", [value])],
  });
  const page = pageOf(stat({}, 5400), stat({ unit: "bool_yes_no" }, 1), stat({}), stat({ absent: "none here" }));
  expect(all(page, /<p class="figure">([^<]*)</g)).toEqual(["90\u00a0min", "Yes"]);
  expect(all(page, /<p class="none">([^<]*)</g)).toEqual(["no data", "none here"]);
});

test("a refused query is told in its panel, and hides no other", () => {
  const page = pageOf(
    { panel: panel(), lines: [], problem: "query timed out" },
    { panel: panel(), lines: [always("200", 3)] },
  );
  expect(page).toContain("Prometheus refused the query: query timed out");
  expect(pathsOf(page)).toHaveLength(1);
});

test("the vertical axis begins at zero and ends at a round number that is not below the highest value", () => {
  const labels = (unit: Panel["unit"], value: number) =>
    all(pageOf({ panel: panel({ unit }), lines: [always("x", value)] }), /class="level">([^<]*)</g);
  expect(labels("reqps", 3)).toEqual(["0", "1 req/s", "2 req/s", "3 req/s"]);
  expect(labels("bytes", 700 * 1024 ** 2)).toEqual(["0", "200 MiB", "400 MiB", "600 MiB", "800 MiB"]);
  expect(labels("percentunit", 1)).toEqual(["0", "50 %", "100 %"]);
  expect(labels("s", 0.0042)).toEqual(["0", "2 ms", "4 ms", "6 ms"]);
  expect(labels("short", 0)).toEqual(["0", "0.5", "1"]);
});

test("a line is as high as its values: zero at the foot, the axis' end at the top", () => {
  const [path = ""] = pathsOf(pageOf({ panel: panel(), lines: [line("x", [0, 2, 4])] }));
  expect(all(path, /[ML][\d.]+ ([\d.]+)/g)).toEqual(["158", "84", "10"]);
});

test("missing samples are a gap, a sample alone is a dot, and the legend says when a line ended", () => {
  const broken = { name: "x", samples: [...line("", [1, 1]).samples, ...line("", [1], RANGE.start + 600).samples] };
  const page = pageOf({ panel: panel(), lines: [broken, always("y", 2)] });
  const [path = "", whole = ""] = pathsOf(page);
  expect(path.replace(/[\d.]+/g, "n")).toBe("Mn nhnLn nMn nhn");
  expect(whole.match(/M/g)).toHaveLength(1);
  const legend = all(page, /<li><svg.*<\/svg> ([^\n]*)<\/li>/g);
  expect(legend).toEqual([
    "x <span>none since 12:10, at most 1\u00a0req/s</span>",
    "y <span>now 2\u00a0req/s, at most 2\u00a0req/s</span>",
  ]);
});

test("the times below are round, in UTC, and few", () => {
  expect(all(pageOf({ panel: panel(), lines: [always("x", 1)] }), /class="time">([^<]*)</g)).toEqual([
    ...["12:00", "13:00", "14:00", "15:00"],
  ]);
});

test("a time at either end is not cut off", () => {
  const page = pageOf({ panel: panel({ unit: "none" }), lines: [always("x", 1)] });
  const places = all(page, /<text x="([\d.]+)" y="[\d.]+" class="time">/g).map(Number);
  expect([places[0], places.at(-1)]).toEqual([expect.any(Number), 340]);
  expect(places[0]).toBeGreaterThanOrEqual(20);
});

test("of many lines the highest are drawn, each with a look of its own, and the others are counted", () => {
  const lines = Array.from({ length: 20 }, (_, index) => always(`line ${index}`, index));
  const page = pageOf({ panel: panel(), lines });
  const looks = all(page, /<path class="line (look-\d+)" d="[^"]*"\/>\n/g);
  expect(new Set(looks).size).toBe(12);
  expect(looks).toHaveLength(12);
  expect(all(page, /<\/svg> (line \d+) /g)).toEqual(lines.slice(8).map(({ name }) => name));
  expect(page).toContain("8 more with lower values are not drawn.");
  for (const look of looks) expect(page).toContain(`.${look} {`);
});

test("each chart has a name for whoever cannot see it", () => {
  const page = pageOf({ panel: panel(), lines: [always("x", 1)] }, { panel: panel(), lines: [always("x", 1)] });
  const ids = all(page, / id="([^"]+)"/g);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of all(page, /aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
  expect(page).toContain("Requests, 12:00 to 15:00 UTC</title>");
});
