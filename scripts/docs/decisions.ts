import { withRegions } from "./regions";

const HEADING = /^(##|###) (.+)$/;
const DATE = /^\*(\d{4}-\d{2}-\d{2})\.\*/;

/** Fills in the page's index of entries, each with its date and a link. */
export function decisionsPage(page: string): string {
  return withRegions(page, { index: indexOf(page) });
}

function indexOf(page: string): string {
  const anchors = new Anchors();
  const parts = headings(page).map(({ level, title, date }) => {
    const link = `[${title}](#${anchors.next(title)})`;
    return level === "##" ? `\n**${link}**\n` : `- ${date ?? "undated"}: ${link}`;
  });
  return parts.join("\n").trim();
}

interface Heading {
  readonly level: string;
  readonly title: string;
  /** Line in the page, from 1. */
  readonly line: number;
  /** Date of the entry, if its text begins with one. */
  readonly date?: string;
}

function headings(page: string): Heading[] {
  const lines = page.split("\n");
  return lines.flatMap((text, index): Heading[] => {
    const [, level = "", title = ""] = HEADING.exec(text) ?? [];
    const below = lines.slice(index + 1).find((line) => line !== "");
    const date = DATE.exec(below ?? "")?.[1];
    return level === "" ? [] : [{ level, title, line: index + 1, ...(date && { date }) }];
  });
}

/** Finds entries without a heading or a date, each with its line and the remedy. */
export function decisionProblems(page: string): string[] {
  const undated = headings(page)
    .filter(({ level, date }) => level === "###" && date === undefined)
    .map(({ title, line }) => `docs/decisions.md:${line}: "${title}" has no date. Begin its text with *YYYY-MM-DD.*`);
  const headless = page.split("\n").flatMap((text, index) => {
    const title = /^\*\*(?!\[)(.{1,60})/.exec(text)?.[1];
    if (title === undefined) return [];
    const what =
      "is not under a heading of its own. Write `### Title`, an empty line, and begin the text with *YYYY-MM-DD.*";
    return [`docs/decisions.md:${index + 1}: "${title}…" ${what}`];
  });
  return [...undated, ...headless];
}

/** Anchors that GitHub gives to the headings of one page, in order. A repeated heading gets a number. */
export class Anchors {
  readonly #seen = new Map<string, number>();

  next(title: string): string {
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = this.#seen.get(anchor) ?? 0;
    this.#seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  }
}
