import type { Migration } from "./migration";

/** Checks the marks of files that stand for others. */
export function squashProblems(migrations: readonly Migration[]): string[] {
  return migrations.flatMap((migration) => [...rangeProblems(migration), ...insideProblems(migration, migrations)]);
}

function rangeProblems({ squash, version, files }: Migration): string[] {
  if (!squash) return [];
  if (squash.from < squash.to && squash.to === version) return [];
  return [
    `${files.up}: its first line has to be \`-- migrate:squashes FROM-${version}\`: the versions that it stands for, up to its own, so that a database that has run them is at ${version} or above for golang-migrate, too.`,
  ];
}

function insideProblems({ squash, version, files }: Migration, migrations: readonly Migration[]): string[] {
  if (!squash) return [];
  const inside = migrations.filter((other) => other.version >= squash.from && other.version < version);
  if (inside.length === 0) return [];
  return [
    `${files.up} squashes ${squash.from}-${squash.to}, but ${inside.map(({ id }) => id).join(", ")} ${inside.length === 1 ? "is" : "are"} still here, so new databases would run both. Remove the files that it stands for, or this one.`,
  ];
}
