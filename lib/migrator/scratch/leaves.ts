import { readText } from "../base/text";
import { titleOf } from "../catalogue";
import { type Difference, findDifferences } from "../catalogue/compare";
import type { Migration } from "../files/folder";
import { leaves } from "../files/header";
import { findBetween, type Look } from "./look";

export interface Undone {
  /** Differences that the down file does not declare, and declarations that are not true. */
  readonly problems: readonly string[];
  /** Titles of what it declares and leaves. */
  readonly left: readonly string[];
}

/**
 * Compares a database before a file's up with the one after its down, but for what the down file says it leaves:
 * `-- migrate:leaves type mood`. That has to be exactly as the up file made it.
 */
export function undone({ files }: Migration, before: Look, after: Look, down: Look): Undone {
  const found = findBetween(before, down);
  const altered = new Set(findBetween(after, down).flatMap(({ entry }) => [titleOf(entry), entry.parent ?? ""]));
  const declared = declaredIn(files.down);
  const remains = (difference: Difference) =>
    !difference.line.startsWith("-") && !altered.has(titleOf(difference.entry)) && !altered.has(difference.entry.name);
  const titles = new Set(declared.map(({ title }) => title));
  const accepted = found.filter((difference) => titles.has(titleOf(difference.entry)) && remains(difference));
  const left = [...new Set(accepted.map(({ entry }) => titleOf(entry)))];
  const untrue = declared.filter(({ title }) => !left.includes(title));
  return {
    left,
    problems: [
      ...found.filter((each) => !accepted.includes(each)).map(({ line }) => `after down: ${line}`),
      ...untrue.map(({ title, line }) => `${files.down}:${line}: ${explain(title, found)}`),
      ...declaredIn(files.up).map(
        ({ line }) => `${files.up}:${line}: \`migrate:leaves\` counts in a down file alone. Move it there.`,
      ),
    ],
  };
}

/** Titles that a down file declares to leave. */
function declaredIn(file: string) {
  return leaves(readText(file, []) ?? "");
}

function explain(title: string, found: readonly Difference[]): string {
  if (title === "") return "`migrate:leaves` does not say what. Name it as above, e.g. -- migrate:leaves type mood.";
  const other = found.find(({ entry }) => titleOf(entry) === title);
  if (other)
    return `\`migrate:leaves ${title}\` is not true: it is not left as the up file made it. Undo all of it or nothing.`;
  const known = found.map(({ entry }) => titleOf(entry)).join(", ");
  return `\`migrate:leaves ${title}\` is not true: nothing of that name is left.${known ? ` Left are: ${known}.` : " Remove the line."}`;
}

/** Differences that no down file of these declares. */
export function undeclared(
  migrations: readonly Migration[],
  ...[expected, actual]: Parameters<typeof findDifferences>
): string[] {
  const titles = new Set(migrations.flatMap(({ files }) => declaredIn(files.down)).map(({ title }) => title));
  return findDifferences(expected, actual)
    .filter(({ entry }) => !titles.has(titleOf(entry)))
    .map(({ line }) => line);
}
