import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

const ROOT = path.resolve(__dirname, "../..");
/** Folders of the pages. */
const FOLDERS = [".", "docs", "bench", "imports"];

/**
 * Where to run a block of commands. `scratch` is a copy of the project. `database` adds a migrated database in
 * `DATABASE_URL`.
 */
export const PLACES = ["scratch", "database", "cluster"] as const;
export type Place = (typeof PLACES)[number];

/** A block of commands in a page. */
export interface Block {
  /** The page's path in the project's folder. */
  readonly page: string;
  /** Line of the block's fence, from 1. */
  readonly line: number;
  readonly language: "console" | "sh";
  readonly text: string;
  /** Undefined if the page marks the block as not run. */
  readonly place?: Place;
}

export interface Page {
  readonly blocks: readonly Block[];
  /** Blocks that are neither run nor marked, each with its place and the remedy. */
  readonly problems: readonly string[];
}

/**
 * Lists the pages with blocks to run, as paths in the project's folder. Skips the change log, which quotes old
 * commands.
 */
export function pageNames(): string[] {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => path.join(folder, name)),
  );
  return names.filter((name) => name.endsWith(".md") && name !== "CHANGELOG.md").sort();
}

/** Collects every block to run in `place`, in the order of the pages. */
export const blocksFor = (place: Place): Block[] =>
  pageNames().flatMap((name) => readBlocks(name).blocks.filter((block) => block.place === place));

export const readBlocks = (name: string): Page => parseBlocks(name, readFileSync(path.join(ROOT, name), "utf8"));

const FENCE = /^( *)(`{3,})(.*)$/;
const MARK = /^ *<!-- (not run|run)\b(?:: *(.*?))? *-->$/;

/** Finds a page's blocks of commands: fences of `console` and `sh`. The comment above a fence says where to run it. */
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

/** Finds code that is indented by four spaces after an empty line. In a list, such a line is a paragraph. */
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
