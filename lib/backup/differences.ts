import type { DatabaseContents, SequenceContents, TableContents } from "./contents";

/** The parts of a database that a restored copy shares with the original. */
export type Comparable = Pick<DatabaseContents, "schema" | "tables" | "sequences">;

/** Lists every difference of a restored database from its backup, one sentence each; empty if it is the same. */
export function differences(expected: Comparable, found: Comparable): string[] {
  return [
    ...missingOrSurplus("table", expected.tables, found.tables),
    ...common(expected.tables, found.tables).flatMap(([wanted, is]) => tableDifference(wanted, is)),
    ...missingOrSurplus("sequence", expected.sequences, found.sequences),
    ...common(expected.sequences, found.sequences).flatMap(([wanted, is]) => sequenceDifference(wanted, is)),
    ...schemaDifferences(expected.schema, found.schema),
  ];
}

interface Named {
  readonly name: string;
}

function missingOrSurplus(kind: string, expected: readonly Named[], found: readonly Named[]): string[] {
  return [
    ...without(expected, found).map(({ name }) => `${kind} ${name} is missing`),
    ...without(found, expected).map(({ name }) => `${kind} ${name} is not in the backup`),
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

function tableDifference(expected: TableContents, { rows, hash }: TableContents): string[] {
  if (rows === expected.rows && hash === expected.hash) return [];
  const hashes = `hash ${expected.hash} in the backup, ${hash} here`;
  const counts =
    rows === expected.rows
      ? `${count(rows)} in both, but not the same`
      : `${count(expected.rows)} in the backup, ${rows} here`;
  return [`table ${expected.name}: ${counts}; ${hashes}`];
}

function sequenceDifference(expected: SequenceContents, found: SequenceContents): string[] {
  if (found.value === expected.value && found.called === expected.called) return [];
  return [`sequence ${expected.name}: ${position(expected)} in the backup, ${position(found)} here`];
}

function schemaDifferences(expected: DatabaseContents["schema"], found: DatabaseContents["schema"]): string[] {
  const version =
    expected.version === found.version
      ? []
      : [`schema version: ${shown(expected.version)} in the backup, ${shown(found.version)} here`];
  return [
    ...version,
    ...missingOrSurplus("migration", expected.migrations, found.migrations),
    ...common(expected.migrations, found.migrations).flatMap(([wanted, is]) =>
      wanted.checksum === is.checksum
        ? []
        : [`migration ${wanted.name}: checksum ${wanted.checksum} in the backup, ${is.checksum} here`],
    ),
  ];
}

const count = (rows: number) => `${rows} ${rows === 1 ? "row" : "rows"}`;
const position = ({ value, called }: SequenceContents) => `${value}${called ? "" : " (not called yet)"}`;
const shown = (version: number | null) => version ?? "none";
