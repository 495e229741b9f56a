import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import type { Migrations } from "../../common/contents";
import type { Kubectl } from "../kubectl";
import { ManifestError, type ManifestFile, requireReleased, stageNamespace } from "../manifests";
import { namespaceOf, requireNoOtherStage } from "../other-stage";
import { deployRecorded, describeCommit } from "./deploy-recorded";
import type { ReleaseRecord } from "./record";
import { readRecords } from "./records";
import { RollbackError } from "./rollback-error";
import { chooseTarget, type Strays, schemaProblems, straysOf } from "./rollback-plan";
import { readSchema } from "./schema-state";

export interface RollbackOptions {
  readonly stage: string;
  /** Bound to the stage's namespace. */
  readonly kubectl: Kubectl;
  /** Number of the release. @default the one before */
  readonly to?: number;
  /** Whether the schema is not asked for. @default false */
  readonly withoutDatabase?: boolean;
  /** Migrations of this checkout, which may know more than the records. */
  readonly migrations?: Migrations;
  readonly by?: string;
  readonly say: (line: string) => void;
  /** Asks a person after everything has been shown. @default nobody is asked */
  readonly confirm?: () => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/**
 * Deploys an earlier release from its record, and removes what only newer ones have. Resolves with the number of the
 * new record, or undefined if a person said no.
 * @throws RollbackError before anything is changed, and what `deploy` throws
 */
export async function rollback(options: RollbackOptions): Promise<number | undefined> {
  const { kubectl, say, confirm, stage, by } = options;
  await requireNoOtherStage(namespaceOf(stage, kubectl.namespace ?? ""), kubectl);
  const records = await readRecords(kubectl);
  const target = chooseTarget(records, options.to);
  const strays = await presentOf(
    straysOf(
      target,
      records.filter(({ number }) => number > target.number),
    ),
    kubectl,
  );
  await requireSchema(target, records, options);
  for (const line of describePlan(target, records[0], strays, !options.withoutDatabase)) say(line);
  if (confirm && !(await confirm())) return undefined;
  await stopContracts(strays, kubectl);
  // A contract migration may have ended while a person read.
  await requireSchema(target, records, options);
  const number = await deployTarget(target, { ...options, ...(by !== undefined && { by }) });
  if (strays.removed.length > 0)
    await kubectl.run(["delete", ...strays.removed, "--ignore-not-found", "--cascade=foreground", "--timeout=90s"]);
  return number;
}

async function requireSchema(
  target: ReleaseRecord,
  records: readonly ReleaseRecord[],
  { kubectl, migrations, withoutDatabase }: RollbackOptions,
): Promise<void> {
  if (withoutDatabase) return;
  const known = [...records.map((record) => record.migrations), ...(migrations ? [migrations] : [])];
  const problems = schemaProblems(target, await readSchema(kubectl), known);
  if (problems.length > 0) throw new RollbackError(problems);
}

/** Leaves out what is gone already, such as a Job whose time is over. */
async function presentOf({ removed, kept }: Strays, kubectl: Kubectl): Promise<Strays> {
  const present = async (names: readonly string[]) => {
    if (names.length === 0) return [];
    const found = new Set((await kubectl.run(["get", ...names, "--ignore-not-found", "--output=name"])).split("\n"));
    // kubectl's own names have the group of every kind.
    const bare = new Set([...found].map((name) => name.replace(/^([^./]+)\.[^/]*\//, "$1/")));
    return names.filter((name) => bare.has(name.replace(/^([^./]+)\.[^/]*\//, "$1/")));
  };
  return { removed: await present(removed), kept: await present(kept) };
}

function describePlan(
  target: ReleaseRecord,
  now: ReleaseRecord | undefined,
  { removed, kept }: Strays,
  asked: boolean,
): string[] {
  const describe = ({ number, version, ...rest }: ReleaseRecord) =>
    `release ${number} (version ${version}${describeCommit(rest)})`;
  return [
    `Back from ${now ? describe(now) : "what is there"} to ${describe(target)}, deployed on ${target.deployedAt}.`,
    `The schema and Secrets stay as they are. The older release ${asked ? "can live with that schema" : "may not be able to live with that schema: nobody asked"}.`,
    ...(removed.length > 0 ? [`To be removed, since that release lacks them: ${removed.join(", ")}.`] : []),
    ...(kept.length > 0
      ? [
          `Kept, since they may hold data, although that release lacks them: ${kept.join(", ")}. kubectl delete removes them.`,
        ]
      : []),
  ];
}

/** Ends contract Jobs that wait for the rollout of a newer release. */
async function stopContracts({ removed }: Strays, kubectl: Kubectl): Promise<void> {
  const jobs = removed.filter((name) => /^job(?:\.batch)?\/migrate-contract-/.test(name));
  if (jobs.length > 0)
    await kubectl.run(["delete", ...jobs, "--ignore-not-found", "--cascade=foreground", "--timeout=90s"]);
}

async function deployTarget(target: ReleaseRecord, { kubectl, say, signal, by, stage }: RollbackOptions) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-rollback-"));
  try {
    const files = await writeFiles(target, folder);
    await requireNoOtherStage(stageNamespace(files), kubectl);
    if (stageNamespace(files).metadata.name !== kubectl.namespace)
      throw new ManifestError(
        `The record of release ${target.number} is of another namespace than ${kubectl.namespace} (stage ${stage}).`,
      );
    requireReleased(files);
    const { number, at: _, result: __, deployedAt: ___, ...draft } = target;
    const again = { ...draft, rollbackOf: target.rollbackOf ?? number, ...(by !== undefined && { by }) };
    return await deployRecorded({ kubectl, files, say, ...(signal && { signal }) }, again);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Writes each file's objects as YAML documents. kubectl would take a file that begins with a brace for one JSON. */
async function writeFiles({ files }: ReleaseRecord, folder: string): Promise<readonly ManifestFile[]> {
  const filled = files.filter(({ objects }) => objects.length > 0);
  return await Promise.all(
    filled.map(async ({ name, objects }) => {
      const file = path.join(folder, name);
      await fs.writeFile(file, objects.map((object) => stringify(object)).join("---\n"));
      return { path: file, objects };
    }),
  );
}
