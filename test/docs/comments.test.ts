import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

const ROOT = path.resolve(__dirname, "../..");
const RELATIVE = /^(?:What|Whatever|Who|Whoever|Whose)\b|^Of (?:an?|the|its|those)\b/;
const COMMENT = {
  ".ts": { block: /^\s*\/\*+[\s*]*(.*)/gm, line: /^\s*\/\/(?!\/)\s*(.*)/, behind: /\S\s+\/\/\s+(.*)$/ },
  ".sh": { line: /^\s*#\s*(.*)/, behind: /\S\s+#\s+(.*)$/ },
  ".sql": { line: /^\s*--\s*(.*)/, behind: /\S\s+--\s+(.*)$/ },
} as const;
type Language = keyof typeof COMMENT;

const isLanguage = (extension: string): extension is Language => Object.hasOwn(COMMENT, extension);

/** The comments in `text` that begin with a relative clause, each with its line. Lines that continue a comment do not count. */
function relativeComments(text: string, language: Language): string[] {
  const lines = text.split("\n");
  const { line, behind } = COMMENT[language];
  const found = lines.flatMap((each, index) => {
    const begins = line.exec(each)?.[1];
    if (begins === undefined) return [{ at: index + 1, begins: behind.exec(each)?.[1] ?? "" }];
    return line.test(lines[index - 1] ?? "") ? [] : [{ at: index + 1, begins }];
  });
  const blocks = language === ".ts" ? [...text.matchAll(COMMENT[language].block)] : [];
  const inBlocks = blocks.map(({ index, 0: { length }, 1: begins = "" }) => {
    return { at: text.slice(0, index + length).split("\n").length, begins };
  });
  return [...found, ...inBlocks]
    .filter(({ begins }) => RELATIVE.test(begins))
    .map(({ at, begins }) => `${at}: ${begins}`);
}

function sources(): string[] {
  const inside = ["lib", "scripts", "bench"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name)),
  );
  return ["main.ts", ...inside.filter((name) => !name.includes(`${path.sep}.cache`))].sort();
}

test("no comment begins with a relative clause", () => {
  const found = sources().flatMap((file) => {
    const language = path.extname(file);
    if (!isLanguage(language)) return [];
    return relativeComments(readFileSync(path.join(ROOT, file), "utf8"), language).map((each) => `${file}:${each}`);
  });
  expect(found).toEqual([]);
});

test.each<[Language, string, string[]]>([
  [".ts", "/** What it is. */\nlet a;\n/**\n * Of the pod.\n */", ["1: What it is. */", "4: Of the pod."]],
  [".ts", "  // Whoever asks.\nlet a = 1; // Whose it is.\n", ["1: Whoever asks.", "2: Whose it is."]],
  [".ts", "// A reason.\n// What follows continues it.\n/** Whether it may. */\nlet a; // Often.", []],
  [".sh", "a=1\n# Who waits.\n", ["2: Who waits."]],
  [".sql", "-- Of its rows.\nselect 1 -- What counts.\n", ["1: Of its rows.", "2: What counts."]],
])("finds them in %s: %j", (language, text, expected) => {
  expect(relativeComments(text, language)).toEqual(expected);
});
