import type { Folder, Migration } from "../files/folder";
import type { Applied } from "./applied";
import { findRenumbered, type Renumbered } from "./renumbered";

/** Where a database is, as far as these checks need it. */
export interface Position {
  readonly applied: readonly Applied[];
  readonly current: number;
  readonly none: number;
}

export interface Disagreements {
  /** Files that have another number than when they ran. */
  readonly renumbered: readonly Renumbered[];
  readonly problems: readonly string[];
}

/** Finds applied migrations whose files are not what ran, each with what to do. */
export function findDisagreements(folder: Folder, position: Position): Disagreements {
  const { migrations, broken } = folder;
  const squashed = migrations.filter((migration) => isUnsquashed(migration, position));
  const inSquash = (version: number) => squashed.some(({ squash }) => squash && covers(squash, version));
  const applied = position.applied.filter(({ version }) => !inSquash(version));
  const renumbered = findRenumbered(
    applied,
    migrations.filter(({ version }) => !inSquash(version)),
  );
  const explained = (version: number) =>
    broken.has(version) || inSquash(version) || renumbered.some(({ row }) => row.version === version);
  return {
    renumbered,
    problems: [
      ...squashed.map((migration) => describeSquash(migration, position)),
      ...describeRenumbered(renumbered, migrations, position.applied),
      ...(explained(position.current) ? [] : unknownVersion(folder, position)),
      ...applied.filter(({ version }) => !explained(version)).flatMap((each) => changed(folder, each, renumbered)),
    ],
  };
}

/** Whether the database has run versions that a squash stands for, and its history does not say so. */
export function isUnsquashed(
  { version, name, checksum, squash }: Migration,
  { applied, current, none }: Position,
): boolean {
  if (!squash) return false;
  const before = applied.filter((each) => covers(squash, each.version));
  if (before.length === 0) return current > none && covers(squash, current) && current !== version;
  return (
    before.length > 1 ||
    before.some(({ row, version: own }) => own !== version || (row && row.checksum !== checksum && row.name !== name))
  );
}

export function covers({ from, to }: { readonly from: number; readonly to: number }, version: number): boolean {
  return version >= from && version <= to;
}

function describeSquash({ files, squash, version }: Migration, { current }: Position): string {
  const range = `${squash?.from}-${squash?.to}`;
  return current >= version
    ? `${files.up} stands for ${range}, which this database has run one by one; its history does not know yet that they are one file now. \`migrate repair\` records that.`
    : `${files.up} stands for ${range}, and the database is at ${current}, in the middle of them. Check out a release that still has these files, bring the database to ${version} with it (\`migrate up --to ${version}\`), then come back and run \`migrate repair\`.`;
}

function describeRenumbered(
  renumbered: readonly Renumbered[],
  migrations: readonly Migration[],
  applied: readonly Applied[],
): string[] {
  if (renumbered.length === 0) return [];
  const moved = renumbered.map(({ row, to }) => `what ran as ${row.version} (${row.name}) is now ${to.id}`);
  const taken = new Set(renumbered.map(({ to }) => to.version));
  const unrun = migrations.filter(
    ({ version }) => !taken.has(version) && renumbered.some(({ row }) => row.version === version),
  );
  const has =
    applied.length > 0 && unrun.length > 0
      ? `; ${unrun.map(({ id }) => id).join(", ")} ${unrun.length === 1 ? "has" : "have"} not run`
      : "";
  return [
    `Files have been renumbered since they were applied: ${moved.join(", ")}${has}. If that was meant, as after merging branches, \`migrate repair\` gives the history the new numbers; otherwise give the files the old ones back.`,
  ];
}

function unknownVersion({ migrations }: Folder, { current, none }: Position): string[] {
  const newest = migrations.at(-1)?.version ?? none;
  if (current === none || current > newest || migrations.some(({ version }) => version === current)) return [];
  return [
    `The database is at version ${current}, which no file in the folder has. It was migrated from another folder, or the file has been renumbered and edited. Bring the file back.`,
  ];
}

function changed(
  { directory, migrations }: Folder,
  { version, name, row, migration }: Applied,
  renumbered: readonly Renumbered[],
): string[] {
  const taker = renumbered.find(({ to }) => to.version === version)?.to;
  if (taker) {
    return [
      `Version ${version} (${name}) has been applied, but its file is not in ${directory} any more, and its number is ${taker.id}'s now. Bring it back under another number.`,
    ];
  }
  if (!migration && version < (migrations.at(-1)?.version ?? 0)) {
    return [
      `Version ${version} (${name}) has been applied, but its file is not in ${directory} any more. Bring it back.`,
    ];
  }
  if (!row || !migration || row.checksum === migration.checksum) return [];
  return [
    `${migration.files.up} has changed since it was applied on ${row.appliedAt.toISOString()}: its SHA-256 was ${row.checksum.slice(0, 12)}… and is ${migration.checksum.slice(0, 12)}…. ` +
      "Databases that ran it before would differ from those that run it now. Restore it, and put the change into a new migration. " +
      `If only comments or blanks differ, \`migrate repair\` records the new text; if SQL does, and this database shall count as having run it, \`migrate repair --accept ${version}\`.`,
  ];
}
