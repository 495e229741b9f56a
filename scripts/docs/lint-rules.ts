import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { runMigrate } from "../../lib/migrator/cli";
import { fenced } from "./regions";

/** A file of an example as the page shows it: kind and name on one line, then the SQL. */
const EXAMPLE = /^\*\*(Start|Bad|Good)\*\* `([^`]+)`\n\n```sql\n([\s\S]*?)```\n/gm;
const OUTPUT = /\n```text\n[\s\S]*?```\n/g;
const SECTION = /^(?=## )/m;

export interface ExampleFile {
  readonly name: string;
  readonly sql: string;
}

export interface RuleExamples {
  readonly rule: string;
  readonly bad: readonly ExampleFile[];
  readonly good: readonly ExampleFile[];
}

/** Reads the examples of a page: the starting files, and bad and good ones for each rule. */
export function examplesOf(page: string): { start: readonly ExampleFile[]; rules: readonly RuleExamples[] } {
  const rules = page.split(SECTION).flatMap((section): RuleExamples[] => {
    const rule = /^## `([^`]+)`/.exec(section)?.[1];
    return rule ? [{ rule, bad: filesIn(section, "Bad"), good: filesIn(section, "Good") }] : [];
  });
  return { start: filesIn(page, "Start"), rules };
}

function filesIn(text: string, kind: string): ExampleFile[] {
  const examples = [...text.matchAll(EXAMPLE)].filter(([, found]) => found === kind);
  return examples.map(([, , name = "", sql = ""]) => ({ name, sql }));
}

/** Fills in today's output of `migrate lint` behind the last bad and the last good file of each rule. */
export async function lintRulesPage(page: string): Promise<string> {
  const { start } = examplesOf(page);
  const sections = page.split(SECTION).map(async (section) => {
    if (!section.startsWith("## `")) return section;
    let text = section.replace(OUTPUT, "");
    for (const kind of ["Bad", "Good"] as const) {
      const last = [...text.matchAll(EXAMPLE)].filter(([, found]) => found === kind).at(-1);
      if (!last) continue;
      const end = last.index + last[0].length;
      const output = fenced("text", await lintOutput(start, filesIn(section, kind)));
      text = `${text.slice(0, end)}\n${output}\n${text.slice(end)}`;
    }
    return text;
  });
  return (await Promise.all(sections)).join("");
}

/** Runs `migrate lint` over `files` in a folder that begins with `start`, and returns its output. */
export async function lintOutput(start: readonly ExampleFile[], files: readonly ExampleFile[]): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "diabrisk-lint-"));
  try {
    writeFolder(folder, [...start, ...files]);
    const names = files.map(({ name }) => path.join(folder, name));
    const output = await migrate(["lint", "--dir", folder, ...names]);
    return output.replaceAll(folder, "migrations").trimEnd();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the files, and an empty down file for each up file. */
export function writeFolder(folder: string, files: readonly ExampleFile[]): void {
  for (const { name, sql } of files) {
    writeFileSync(path.join(folder, name), sql);
    if (name.endsWith(".up.sql")) writeFileSync(path.join(folder, name.replace(".up.", ".down.")), "select 1;\n");
  }
}

async function migrate(args: readonly string[]): Promise<string> {
  let printed = "";
  const print = (text: string) => {
    printed += text;
  };
  await runMigrate({
    args,
    environment: {},
    stdout: print,
    stderr: print,
    signal: new AbortController().signal,
    interactive: false,
    ask: async () => "",
  });
  return printed;
}
