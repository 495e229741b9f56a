import { POSTGRES_POD } from "../postgres/identity";
import { type DatedContents, fenceDatabase, fingerprint, openDatabase, serverAnswers } from "./contents";
import { SERVER } from "./names";
import { changePlan, deletePlan, type Plan } from "./plan";
import { type Surroundings, scale, untilReady } from "./steps";
import { SERVICE, type SwapOptions, stopService, swap } from "./swap";
import { setReclaimPolicy, unmarkVolume, volumeExists } from "./volumes";

export interface FinishOptions extends SwapOptions {
  /**
   * Shows what of these live contents would be lost, and asks whether that may be. Undefined stands for contents that nobody
   * can read, because the live server does not answer.
   */
  readonly confirm: (live: DatedContents | undefined) => Promise<boolean>;
}

/** Stands for the contents of a server that does not answer. */
const UNKNOWN = "unknown";

export const fingerprintOf = (contents: DatedContents | undefined) => (contents ? fingerprint(contents) : UNKNOWN);

/**
 * Carries a confirmed plan out, from wherever it stands.
 * @returns false if more would have been lost than was confirmed, and the person did not want that
 */
export async function finish(plan: Plan, options: FinishOptions): Promise<boolean> {
  const fenced = plan.fenced ? plan : await fence(plan, options);
  if (!fenced) return false;
  await swap(fenced, options);
  return true;
}

/**
 * Keeps everybody from writing, then counts once more. So a row that was acknowledged is either in these contents, and its
 * loss was confirmed, or nobody was told that it was stored.
 */
async function fence(plan: Plan, options: FinishOptions): Promise<Plan | undefined> {
  const { kubectl, say, confirm } = options;
  await stopService(options);
  const answers = await serverAnswers(kubectl);
  const live = answers ? await fenceDatabase(kubectl) : undefined;
  say(answers ? "nobody can write any more" : `${POSTGRES_POD} does not answer, so nobody can write`);
  const confirmed = fingerprintOf(live);
  if (confirmed !== plan.confirmed && !(await confirm(live))) {
    await giveUp(plan, options);
    return undefined;
  }
  return await changePlan({ ...plan, confirmed, fenced: true }, kubectl);
}

/** Lets everybody write again and forgets the plan, as long as the live database has its old volume. */
export async function giveUp(plan: Plan, options: Surroundings): Promise<void> {
  const { kubectl, say } = options;
  await scale(SERVER, 1, options);
  // A server that did not answer before the restore would not answer now.
  if (plan.confirmed !== UNKNOWN) await untilReady(SERVER, options);
  if (await serverAnswers(kubectl)) await openDatabase(kubectl);
  if (await volumeExists(plan.from, kubectl)) {
    await unmarkVolume(plan.from, kubectl);
    await setReclaimPolicy(plan.from, plan.reclaimPolicy, kubectl);
  }
  await scale(SERVICE, plan.replicas, options);
  await deletePlan(kubectl);
  say("the live database serves as before");
}
