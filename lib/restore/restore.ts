import type { Manifest } from "../backup";
import { type DatedContents, readContents, serverAnswers } from "./contents";
import { type FinishOptions, fingerprintOf, finish } from "./finish";
import { describeLosses } from "./losses";
import { LIVE_CLAIM, restoreName } from "./names";
import { createPlan, type Plan } from "./plan";
import { type PrepareOptions, prepare } from "./prepare";
import { SERVICE } from "./swap";
import { reclaimPolicyOf, volumeExists, volumeOf } from "./volumes";

export interface ResumeOptions extends Omit<FinishOptions, "confirm"> {
  /** Shows a text that says what would be lost, and asks whether that may be. */
  readonly ask: (text: string) => Promise<boolean>;
}

export interface RestoreOptions extends ResumeOptions, Omit<PrepareOptions, "backup"> {
  readonly stage: string;
  /** Manifest of the backup to restore. */
  readonly manifest: Manifest;
}

/**
 * Restores a backup beside the live database and, once a person has seen what would be lost, in its place.
 * @returns false if the person did not want it; then both stand beside each other
 * @throws WaitError, KubectlError; a repetition continues
 */
export async function restore(options: RestoreOptions): Promise<boolean> {
  const { kubectl, manifest, ask } = options;
  const backup = manifest.id;
  await prepare({ ...options, backup });
  const restored = await readContents(kubectl, restoreName(backup));
  const confirm = (live: DatedContents | undefined) => ask(question(manifest, live, restored));
  const plan = await makePlan(options, confirm);
  return plan !== undefined && (await finish(plan, { ...options, confirm }));
}

/** Continues a confirmed restore. Needs neither the backups nor a key any more. */
export async function resume(plan: Plan, options: ResumeOptions): Promise<boolean> {
  const { kubectl, say, ask } = options;
  say(`the restore of backup ${plan.backup} was confirmed earlier and goes on`);
  // Once nobody can write, nothing is left to compare, and the copy's pod may be gone.
  const restored = plan.fenced ? undefined : await readContents(kubectl, restoreName(plan.backup));
  const confirm = (live: DatedContents | undefined) => ask(question({ ...plan, id: plan.backup }, live, restored));
  return await finish(plan, { ...options, confirm });
}

async function makePlan(options: RestoreOptions, confirm: FinishOptions["confirm"]): Promise<Plan | undefined> {
  const { kubectl, manifest, stage } = options;
  const live = (await serverAnswers(kubectl)) ? await readContents(kubectl) : undefined;
  if (!(await confirm(live))) return undefined;
  const [from = "", to = ""] = [await volumeOf(LIVE_CLAIM, kubectl), await volumeOf(restoreName(manifest.id), kubectl)];
  const { schema, tables, sequences, databaseTime } = manifest;
  const plan: Plan = {
    ...{ kind: "restore", stage, backup: manifest.id, databaseTime, from, to },
    // A lost volume says nothing any more; then the new one's own policy stays.
    reclaimPolicy: await reclaimPolicyOf((await volumeExists(from, kubectl)) ? from : to, kubectl),
    replicas: await replicasOf(options),
    expected: { schema, tables, sequences },
    ...{ confirmed: fingerprintOf(live), fenced: false, verified: false },
  };
  await createPlan(plan, kubectl);
  return plan;
}

/** Pods of data-svc; none if it is not deployed. */
export async function replicasOf({ kubectl }: Pick<RestoreOptions, "kubectl">): Promise<number> {
  const service = await kubectl.get(SERVICE);
  return Number(service?.spec?.replicas ?? 0);
}

function question(
  { id, databaseTime }: Pick<Manifest, "id" | "databaseTime">,
  live: DatedContents | undefined,
  restored: DatedContents | undefined,
): string {
  const losses =
    live === undefined
      ? "  The live database does not answer, so nobody can say what it holds. Its volume is kept."
      : restored === undefined
        ? "  The restored copy does not answer, so the two cannot be compared."
        : describeLosses(live, restored);
  return `Backup ${id} holds the database as of ${databaseTime}.\n${losses}`;
}
