import { parseAllDocuments } from "yaml";
import { ALL_STAGES } from "../../lib/stages";
import { remarked, toYaml } from "../../lib/synth/yaml";
import { objectsOf } from "../support/manifests";

/** What a reader of YAML `version` makes of `text`: kubectl reads 1.1, other tools 1.2. */
const read = (text: string, version: "1.1" | "1.2") =>
  parseAllDocuments(text, { version, schema: version === "1.1" ? "yaml-1.1" : "core", uniqueKeys: true }).map(
    (document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    },
  );

const expectSame = (...documents: Parameters<typeof toYaml>[0][number][]) => {
  const text = toYaml(documents);
  for (const version of ["1.1", "1.2"] as const) expect(read(text, version)).toEqual(documents);
};

test.each(ALL_STAGES)("every object of $name reads the same as it was written", (stage) => {
  expectSame(...objectsOf(stage));
});

const TRICKY = [
  ...[
    "",
    " ",
    "  x",
    "x ",
    " x ",
    "\t",
    "\tx",
    "x\t",
    "\n",
    "\n\n",
    "x\n",
    "x\n\n",
    "\nx",
    "x\n\ny",
    "x\ny",
    "x\n  y\n z\n",
  ],
  ...[
    "x \ny",
    "x\n \ny",
    "x\n\ty",
    " x\ny",
    "x\r\ny",
    "x\ry",
    "#",
    "# x",
    "x #y",
    "x # y",
    "a: b",
    "a:",
    ":",
    ":x",
    "a:b",
  ],
  ...[
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "=",
    "<<",
    ".inf",
    "-.INF",
    ".nan",
    "Infinity",
  ],
  ...[
    "0",
    "-0",
    "0123",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1e3",
    "1E3",
    "1.",
    ".5",
    "+1",
    "-1",
    "1:30",
    "190:20:30",
    "1Ki",
    "1m",
  ],
  ...["5M", "1e", "e1", "2026-01-01", "2026-01-01T00:00:00Z", "12h", "1h30m", "9.9.9", "1.0.0", "1.0", "16"],
  ...[
    "- x",
    "-",
    "--- x",
    "---",
    "...",
    "? x",
    "?",
    "! x",
    "!x",
    "&x",
    "*x",
    "@x",
    "`x",
    "%x",
    "|",
    ">",
    "|-",
    "{",
    "[x]",
    "}",
    ",",
    "x, y",
  ],
  ...[
    "'",
    "''",
    '"',
    '""',
    "it's",
    'say "x"',
    "back\\slash",
    "\\n",
    "{{ .password }}",
    "/bin/sh",
    "-c",
    "a/b",
    "a@sha256:0f",
    "a::b",
  ],
  ...[
    "ü",
    "日本語",
    "😀",
    "\u0000",
    "\u0007",
    "\u001b[0m",
    "\u007f",
    "\u0080",
    "\u0085",
    "\u00a0",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffe",
    "\uffff",
  ],
  ...[
    "x\u2028y\nz",
    "é\nè\n",
    "x\n#y\n",
    "x\n---\ny\n",
    "x\n...\n",
    "a: b\n- c\n",
    "x".repeat(300),
    `${"long ".repeat(60)}\nx\n`,
  ],
];

test.each(TRICKY.map((text) => [JSON.stringify(text), text]))(
  "%s stays itself as a value, a key, and an item",
  (_, text) => {
    expectSame({ value: text, list: [text, [text], { nested: text }], deep: { deeper: { [text]: text } } });
  },
);

test("numbers, booleans, null and empty collections stay themselves; what is undefined is left out", () => {
  expectSame({ a: 0, b: -1, c: 1.5, d: 1e21, e: true, f: false, g: null, h: [], i: {}, j: [[], {}, [[]], [{}]] });
  expect(toYaml([{ a: undefined, b: 1 }])).toBe("b: 1\n");
  expect(toYaml([{ a: { b: undefined } }])).toBe("a: {}\n");
});

test("a remark stands behind each one-line string of its mapping, and is no part of it", () => {
  const data = { password: "aHVudGVyMg==", empty: "", odd: "a # b", text: "x\ny\n", count: 1 };
  const text = toYaml([{ kind: "Secret", data: remarked(data, "checkov:skip=X:made up"), type: "Opaque" }]);
  for (const version of ["1.1", "1.2"] as const)
    expect(read(text, version)).toEqual([{ kind: "Secret", data, type: "Opaque" }]);
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      '  password: "aHVudGVyMg==" # checkov:skip=X:made up',
      "  text: |",
      "    x",
      "type: Opaque",
    ]),
  );
});

test("what YAML has no number for is refused", () => {
  expect(() => toYaml([{ a: Number.NaN }])).toThrow(RangeError);
});

test("random text stays itself", () => {
  const alphabet = [..." \n\t\r:#-?!&*%@`'\"\\|>[]{},.~=<0123456789eExabyYnNoOtTüé\u0085\u2028\u00a0\ufeff😀\ud800"];
  const random = generator(20_260_101);
  for (let round = 0; round < 1_500; round += 1) {
    const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)] ?? "").join("");
    expectSame({ [`k${text}`]: text, list: [text, { [text]: [text] }] });
  }
});

/** A small deterministic generator (mulberry32), so that a failure repeats. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
