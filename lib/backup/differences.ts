import type { DatabaseContents, SequenceContents, TableContents } from "./contents";

/** The parts of a database that a restored copy shares with the original. */
export type Comparable = Pick<DatabaseContents, "schema" | "tables" | "sequences">;

/**
 * Lists every difference of a copy from its original, one sentence each; empty if it is the same.
 * @param original name of the original in the sentences. @default "the backup"
 */
export function differences(expected: Comparable, found: Comparable, original = "the backup"): string[] {
  return [
    ...missingOrSurplus("table", expected.tables, found.tables, original),
    ...common(expected.tables, found.tables).flatMap(([wanted, is]) => tableDifference(wanted, is, original)),
    ...missingOrSurplus("sequence", expected.sequences, found.sequences, original),
    ...common(expected.sequences, found.sequences).flatMap(([wanted, is]) => sequenceDifference(wanted, is, original)),
    ...schemaDifferences(expected.schema, found.schema, original),
  ];
}

interface Named {
  readonly name: string;
}

function missingOrSurplus(
  kind: string,
  expected: readonly Named[],
  found: readonly Named[],
  original: string,
): string[] {
  return [
    ...without(expected, found).map(({ name }) => `${kind} ${name} is missing`),
    ...without(found, expected).map(({ name }) => `${kind} ${name} is not in ${original}`),
  ];
}

function without<Item extends Named>(items: readonly Item[], others: readonly Named[]): Item[] {
  const names = new Set(others.map(({ name }) => name));
  return items.filter(({ name }) => !names.has(name));
}

function common<Item extends Named>(expected: readonly Item[], found: readonly Item[]): [Item, Item][] {
  const byName = new Map(found.map((item) => [item.name, item]));
  return expected.flatMap((item) => {
    const other = byName.get(item.name);
    return other === undefined ? [] : [[item, other] as [Item, Item]];
  });
}

function tableDifference(expected: TableContents, { rows, hash }: TableContents, original: string): string[] {
  if (rows === expected.rows && hash === expected.hash) return [];
  const hashes = `hash ${expected.hash} in ${original}, ${hash} here`;
  const counts =
    rows === expected.rows
      ? `${count(rows)} in both, but not the same`
      : `${count(expected.rows)} in ${original}, ${rows} here`;
  return [`table ${expected.name}: ${counts}; ${hashes}`];
}

function sequenceDifference(expected: SequenceContents, found: SequenceContents, original: string): string[] {
  if (found.value === expected.value && found.called === expected.called) return [];
  return [`sequence ${expected.name}: ${position(expected)} in ${original}, ${position(found)} here`];
}

function schemaDifferences(
  expected: DatabaseContents["schema"],
  found: DatabaseContents["schema"],
  original: string,
): string[] {
  const version =
    expected.version === found.version
      ? []
      : [`schema version: ${shown(expected.version)} in ${original}, ${shown(found.version)} here`];
  return [
    ...version,
    ...missingOrSurplus("migration", expected.migrations, found.migrations, original),
    ...common(expected.migrations, found.migrations).flatMap(([wanted, is]) =>
      wanted.checksum === is.checksum
        ? []
        : [`migration ${wanted.name}: checksum ${wanted.checksum} in ${original}, ${is.checksum} here`],
    ),
  ];
}

const count = (rows: number) => `${rows} ${rows === 1 ? "row" : "rows"}`;
const position = ({ value, called }: SequenceContents) => `${value}${called ? "" : " (not called yet)"}`;
const shown = (version: number | null) => version ?? "none";
