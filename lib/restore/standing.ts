import type { Kubectl } from "../deploy/kubectl";
import { BACKUP_LABEL, LIVE_CLAIM, RESTORE_APP } from "./names";
import { type Plan, readPlan } from "./plan";
import { volumeOf } from "./volumes";

/** Says where a restore stands and how to continue or to end it, for a person whose command was stopped. */
export async function standing(stage: string, kubectl: Kubectl): Promise<string> {
  const plan = await readPlan(kubectl);
  if (plan) return await confirmed(plan, kubectl);
  const claims = await kubectl.list("persistentvolumeclaims", `app=${RESTORE_APP}`);
  const backup = claims[0]?.metadata.labels?.[BACKUP_LABEL];
  if (backup === undefined) return "The live database serves, and nothing of a restore is left.";
  return (
    `The live database serves and was not touched. Backup ${backup} is restored beside it, or about to be. ` +
    `Continue: npm run restore -- ${stage} --backup ${backup}. Remove the copy: npm run restore -- ${stage} --discard.`
  );
}

async function confirmed({ kind, backup, stage, from, to, ...plan }: Plan, kubectl: Kubectl): Promise<string> {
  const what = kind === "restore" ? `The restore of backup ${backup}` : "The way back";
  const swapped = (await volumeOf(LIVE_CLAIM, kubectl)) === to;
  const state = plan.verified
    ? "the new volume serves, and data-svc is starting"
    : swapped
      ? "the database has the new volume, and data-svc is stopped until it is compared"
      : plan.fenced
        ? "nobody can write, and the volumes are being swapped"
        : "data-svc is stopped, and the live database has its old volume";
  const end = `Continue: npm run restore -- ${stage}${kind === "back" ? " --back" : ""}.`;
  const undo = kind === "restore" ? ` Undo: npm run restore -- ${stage} --back.` : "";
  return `${what} is confirmed: ${state}. Both volumes are kept (old ${from}, new ${to}). ${end}${undo}`;
}
