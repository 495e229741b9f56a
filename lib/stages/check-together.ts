import { isSameBucket } from "./check-bucket";
import type { Stage } from "./stage";

/** Stages by the name under which they are asked for. */
export type StageRecord = Readonly<Record<string, Stage>>;

/**
 * Values that two stages share although each needs its own, as a copied file has them: the name, which is also the folder
 * in `dist/`, the place in the secrets store and the place
 * of the backups. The namespace may be the same, since stages live in clusters of their own.
 */
export function checkTogether(stages: StageRecord): string[] {
  return [
    ...checkNames(stages),
    ...checkStores(stages),
    ...checkBuckets(stages),
    ...checkLineages(stages),
    ...checkArchives(stages),
  ];
}

function checkNames(stages: StageRecord): string[] {
  return Object.entries(stages)
    .filter(([key, { name }]) => name !== key)
    .map(
      ([key, { name }]) =>
        `${key}: name is "${name}" but STAGES in lib/stages/index.ts has it as ${key}, so it would be written to dist/${name}/` +
        `${Object.hasOwn(stages, name) ? ` in place of ${name}` : ""}. Set name to "${key}" in lib/stages/${key}.ts.`,
    );
}

function checkStores(stages: StageRecord): string[] {
  const owners = new Map<string, string>();
  return Object.entries(stages).flatMap(([key, { secrets }]) => {
    if (secrets.kind !== "external") return [];
    const place = `${secrets.store} ${secrets.path}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, key);
    return owner === undefined
      ? []
      : [
          `${key}: secrets.path is "${secrets.path}", from which ${owner} has its passwords, so ${key} would read them. ` +
            `Set secrets.path in lib/stages/${key}.ts to a place of its own, like "diabrisk/${key}", and put passwords there.`,
        ];
  });
}

/** Two stages with one place would count each other's backups as their own, and restore the other's. */
function checkBuckets(stages: StageRecord): string[] {
  const owners = new Map<string, string>();
  return Object.entries(stages).flatMap(([key, { backup }]) => {
    if (backup.target.kind !== "s3") return [];
    const { endpoint, bucket, prefix } = backup.target;
    const place = `${endpoint}/${bucket}/${prefix}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, key);
    return owner === undefined
      ? []
      : [
          `${key}: backup.target is ${place}, where ${owner} has its backups, so ${key} would restore them. ` +
            `Set backup.target.prefix in lib/stages/${key}.ts to a place of its own, or better another bucket.`,
        ];
  });
}

/** Two clusters with one lineage overwrite each other's write-ahead log, or refuse to archive. */
function checkLineages(stages: StageRecord): string[] {
  const owners = new Map<string, string>();
  return Object.entries(stages).flatMap(([key, { cluster }]) => {
    if (!cluster?.archive) return [];
    const { endpoint, bucket, prefix } = cluster.archive.target;
    const place = `${endpoint}/${bucket}/${prefix}/${cluster.archive.lineage}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, key);
    return owner === undefined
      ? []
      : [
          `${key}: cluster.archive is ${place}, where ${owner} archives, so neither could be restored (cloudnative-pg #10761, ` +
            `plugin-barman-cloud #350). Set cluster.archive.target in lib/stages/${key}.ts to a bucket of its own, or at least another lineage.`,
        ];
  });
}

/** An archive's credentials may delete, and nobody in a stage may delete dumps, neither its own nor another one's. `check` looks at its own. */
const checkArchives = (stages: StageRecord) =>
  Object.entries(stages).flatMap(([key, { cluster }]) =>
    Object.entries(stages).flatMap(([other, { backup }]) => {
      const [archive, dumps] = [cluster?.archive?.target, backup.target];
      if (key === other || !archive || dumps.kind !== "s3" || !isSameBucket(archive, dumps)) return [];
      return [
        `${key}: cluster.archive.target.bucket is ${archive.bucket}, which has the dumps of ${other}: what archives there may delete them. ` +
          `Set cluster.archive.target.bucket in lib/stages/${key}.ts to a bucket of its own.`,
      ];
    }),
  );
