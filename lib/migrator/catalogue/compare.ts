import { type CatalogueEntry, hasMembers, titleOf } from ".";

/** A difference of one object. */
export interface Difference {
  readonly entry: CatalogueEntry;
  /**
   * `+ column users.nick text` only in the actual catalogue, `- index users_email_key` only in the expected one, `~
   * column users.nick text → varchar(10)` in both with another definition.
   */
  readonly line: string;
}

/** Differences as lines, see `findDifferences`. */
export function compareCatalogues(expected: readonly CatalogueEntry[], actual: readonly CatalogueEntry[]): string[] {
  return findDifferences(expected, actual).map(({ line }) => line);
}

/** Finds the differences between two catalogues. Parts of a table that is itself new or gone are left out. */
export function findDifferences(expected: readonly CatalogueEntry[], actual: readonly CatalogueEntry[]): Difference[] {
  const before = new Map(expected.map((entry) => [titleOf(entry), entry]));
  const after = new Map(actual.map((entry) => [titleOf(entry), entry]));
  const gone = expected.filter((entry) => !after.has(titleOf(entry)));
  const made = actual.filter((entry) => !before.has(titleOf(entry)));
  return [
    ...withoutMembers(gone).map((entry) => ({ entry, line: line("-", entry) })),
    ...withoutMembers(made).map((entry) => ({ entry, line: line("+", entry) })),
    ...expected.flatMap((entry) => {
      const now = after.get(titleOf(entry));
      return now ? changes(entry, now).map((each) => ({ entry, line: each })) : [];
    }),
  ];
}

function withoutMembers(entries: readonly CatalogueEntry[]): CatalogueEntry[] {
  const owners = new Set(entries.filter(hasMembers).map(({ name }) => name));
  return entries.filter(({ parent }) => parent === null || !owners.has(parent));
}

function line(sign: string, entry: CatalogueEntry): string {
  return `${sign} ${titleOf(entry)} ${oneLine(entry.definition)}`.trimEnd();
}

function changes(before: CatalogueEntry, after: CatalogueEntry): string[] {
  const title = titleOf(before);
  const lines: string[] = [];
  // An index's title does not include its table.
  const moved = before.parent !== after.parent;
  const describe = ({ parent, definition }: CatalogueEntry) =>
    `${moved ? `on ${parent} ` : ""}${oneLine(definition) || "plain"}`;
  if (moved || before.definition !== after.definition)
    lines.push(`~ ${title} ${describe(before)} → ${describe(after)}`);
  if (before.comment === after.comment) return lines;
  if (after.comment === null) lines.push(`- comment on ${title} ${asLiteral(before.comment)}`);
  else if (before.comment === null) lines.push(`+ comment on ${title} ${asLiteral(after.comment)}`);
  else lines.push(`~ comment on ${title} ${asLiteral(before.comment)} → ${asLiteral(after.comment)}`);
  return lines;
}

function asLiteral(text: string | null): string {
  return `'${oneLine((text ?? "").replaceAll("'", "''"))}'`;
}

/** For display only: two texts may differ in white space alone. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
