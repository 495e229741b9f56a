import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

const ROOT = path.resolve(__dirname, "../..");
/** Folders whose pages are read, besides the project's own. */
const FOLDERS = [".", "docs", "bench", "imports"];

/** Where a block of commands is run. `scratch` is a copy of the project; `database` is that with a migrated one in `DATABASE_URL`. */
export const PLACES = ["scratch", "database", "cluster"] as const;
export type Place = (typeof PLACES)[number];

/** A block of commands in a page. */
export interface Block {
  /** The page, relative to the project's folder. */
  readonly page: string;
  /** Line of its fence, from 1. */
  readonly line: number;
  readonly language: "console" | "sh";
  readonly text: string;
  /** Undefined if it is marked as not run. */
  readonly place?: Place;
}

export interface Page {
  readonly blocks: readonly Block[];
  /** What is neither run nor marked, each with its place and what to write. */
  readonly problems: readonly string[];
}

/** The pages whose blocks are run, relative to the project's folder. A change log quotes what was once so. */
export function pageNames(): string[] {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => path.join(folder, name)),
  );
  return names.filter((name) => name.endsWith(".md") && name !== "CHANGELOG.md").sort();
}

/** Every block of every page that is to be run in `place`, in the order of the pages. */
export const blocksFor = (place: Place): Block[] =>
  pageNames().flatMap((name) => readBlocks(name).blocks.filter((block) => block.place === place));

export const readBlocks = (name: string): Page => parseBlocks(name, readFileSync(path.join(ROOT, name), "utf8"));

const FENCE = /^( *)(`{3,})(.*)$/;
const MARK = /^ *<!-- (not run|run)\b(?:: *(.*?))? *-->$/;

/** Finds the blocks of commands in a page: fences of `console` and `sh`, with the comment above them that says where they are run. */
export function parseBlocks(page: string, text: string): Page {
  const blocks: Block[] = [];
  const problems: string[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const place = `${page}:${index + 1}`;
    const line = lines[index] ?? "";
    const [, , fence, info = ""] = FENCE.exec(line) ?? [];
    if (fence === undefined) {
      if (isIndented(lines, index)) problems.push(`${place}: an indented block. Write a fence with its language.`);
      continue;
    }
    const end = lines.findIndex((each, other) => other > index && each.trim() === fence);
    const language = info.trim();
    if (language === "") problems.push(`${place}: a fence without a language. Write console, sh, text or another.`);
    if (language === "console" || language === "sh") {
      const body = lines.slice(index + 1, end).join("\n");
      const mark = markAbove(lines, index);
      if (mark.problem) problems.push(`${place}: ${mark.problem}`);
      if (language === "console" && !body.startsWith("$ "))
        problems.push(`${place}: its first line is no \`$ command\`.`);
      blocks.push({ page, line: index + 1, language, text: body, ...(mark.place && { place: mark.place }) });
    }
    index = end === -1 ? lines.length : end;
  }
  return { blocks, problems };
}

/** Code by four spaces, which begins behind an empty line. In a list that is a paragraph. */
function isIndented(lines: readonly string[], index: number): boolean {
  if (!/^ {4}\S/.test(lines[index] ?? "") || lines[index - 1] !== "") return false;
  const before = lines.slice(0, index).findLast((line) => /^\S/.test(line));
  return !/^([-*]|\d+\.) /.test(before ?? "");
}

function markAbove(lines: readonly string[], fence: number): { place?: Place; problem?: string } {
  const above = lines.slice(0, fence).findLast((line) => line.trim() !== "") ?? "";
  const [, kind, rest = ""] = MARK.exec(above) ?? [];
  if (kind === undefined) return { place: "scratch" };
  if (kind === "not run") return rest === "" ? { problem: "it is not run, but the comment does not say why." } : {};
  const place = PLACES.find((each) => each === rest);
  return place ? { place } : { problem: `"run: ${rest}" is no place. The places are ${PLACES.join(", ")}.` };
}
