import { summaryOf } from "../backup/contents";
import { differences } from "../backup/differences";
import { DATA_SVC, SCHEMA_VERSION } from "../contract";
import { WaitError, waitFor } from "../deploy/waiting";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import { openDatabase, readContents } from "./contents";
import { LIVE_CLAIM, RESTORE_APP, restoreName, SERVER } from "./names";
import { changePlan, deletePlan, type Plan } from "./plan";
import { removeObject, type Surroundings, scale, untilGone, untilReady } from "./steps";
import {
  boundTo,
  claimVolume,
  keepVolume,
  reserveVolume,
  setReclaimPolicy,
  unmarkVolume,
  volumeExists,
  volumeOf,
} from "./volumes";

export interface SwapOptions extends Surroundings {
  /** Brings the schema of an older backup to this release. Called with data-svc still stopped. */
  readonly migrate: () => Promise<void>;
}

export const SERVICE = `deployment/${DATA_SVC.name}`;
const LIVE_POD = `pod/${POSTGRES_POD}`;

/**
 * Gives the database its new volume, and keeps the old one. Each step looks first whether it is done, so that repeating
 * the whole continues it. The plan must be fenced.
 * @throws WaitError, KubectlError; what is done stays done
 */
export async function swap(plan: Plan, options: SwapOptions): Promise<void> {
  const { kubectl, say } = options;
  // Again, since a deployment may have started it meanwhile.
  if (!plan.verified) await stopService(options);
  if ((await volumeOf(LIVE_CLAIM, kubectl)) !== plan.to) await exchange(plan, options);
  await scale(SERVER, 1, options);
  await untilReady(SERVER, options);
  await openDatabase(kubectl);
  if (!plan.verified) {
    await verify(plan, options);
    // Recorded, since the service writes from here on: a repetition would find more rows.
    await changePlan({ ...plan, verified: true }, kubectl);
  }
  if (plan.expected && (plan.expected.schema.version ?? 0) < SCHEMA_VERSION) await options.migrate();
  await scale(SERVICE, plan.replicas, options);
  if (plan.replicas > 0) await untilReady(SERVICE, options);
  await unmarkVolume(plan.to, kubectl);
  // From here on the volume has the fate that its predecessor had.
  await setReclaimPolicy(plan.to, plan.reclaimPolicy, kubectl);
  await removeObject(`networkpolicy/${RESTORE_APP}`, options);
  await deletePlan(kubectl);
  say(`${SERVER} has volume ${plan.to}`);
  if (await volumeExists(plan.from, kubectl)) {
    say(`The old volume ${plan.from} is kept. ${howToGoBack(plan.stage)} ${howToRemove(plan.from)}`);
  }
}

/** Stops data-svc, and waits until its last request has ended. */
export async function stopService(options: Surroundings): Promise<void> {
  await scale(SERVICE, 0, options);
  const poll = async () => {
    const pods = await options.kubectl.list("pods", `app=${DATA_SVC.name}`);
    const detail = `${pods.map(({ metadata }) => metadata.name).join(", ")} still there`;
    return { state: pods.length === 0 ? "ready" : "waiting", detail } as const;
  };
  await waitFor({ what: `the pods of ${DATA_SVC.name} to be gone`, seconds: 180, poll }, options);
}

/** Ends the old server, and binds the live claim to the new volume. Neither volume can go meanwhile. */
async function exchange(plan: Plan, options: SwapOptions): Promise<void> {
  const { kubectl } = options;
  await keepBoth(plan, options);
  await removeObject(`pod/${restoreName(plan.backup)}`, options);
  await scale(SERVER, 0, options);
  await untilGone(LIVE_POD, options);
  await releaseClaim(plan, options);
  await removeObject(`persistentvolumeclaim/${restoreName(plan.backup)}`, options);
  await reserveVolume(plan.to, LIVE_CLAIM, kubectl);
  await claimVolume(plan.to, LIVE_CLAIM, { app: POSTGRES_IDENTITY.app }, kubectl);
  const poll = () => boundTo(plan.to, LIVE_CLAIM, kubectl);
  await waitFor({ what: `persistentvolumeclaim/${LIVE_CLAIM}`, seconds: 120, poll }, options);
}

async function keepBoth({ from, to, ...plan }: Plan, { kubectl, say }: SwapOptions): Promise<void> {
  await setReclaimPolicy(to, "Retain", kubectl);
  if (!(await volumeExists(from, kubectl))) return;
  await setReclaimPolicy(from, "Retain", kubectl);
  const replaced = plan.kind === "restore" ? `the restore of backup ${plan.backup}` : "the way back";
  await keepVolume(from, `Replaced by ${replaced}. ${howToGoBack(plan.stage)} ${howToRemove(from)}`, kubectl);
  say(`volume ${from} is kept`);
}

const howToGoBack = (stage: string) => `To go back: npm run restore -- ${stage} --back.`;

const howToRemove = (volume: string) =>
  `To remove it: kubectl patch pv ${volume} -p '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'.`;

/** Deletes the live claim of the old volume. Refuses a claim of a third one, which somebody else made meanwhile. */
async function releaseClaim({ from, to, stage }: Plan, options: SwapOptions): Promise<void> {
  const volume = await volumeOf(LIVE_CLAIM, options.kubectl);
  if (volume !== undefined && volume !== from && volume !== to) {
    throw new WaitError(
      `persistentvolumeclaim/${LIVE_CLAIM}`,
      `has volume ${volume}, which is neither the old one (${from}) nor the new one (${to}): somebody started the database meanwhile, ` +
        `perhaps empty. Both volumes are kept. Look at it, delete the claim if it holds nothing, and run npm run restore -- ${stage} again.`,
    );
  }
  if (volume !== to) await removeObject(`persistentvolumeclaim/${LIVE_CLAIM}`, options);
}

/** Compares the database that now serves with the backup. Nobody else has written to it yet. */
async function verify({ expected, backup, stage }: Plan, { kubectl, say }: SwapOptions): Promise<void> {
  if (!expected) return;
  const found = differences(expected, await readContents(kubectl));
  if (found.length > 0) {
    const listed = found.map((difference) => `  ${difference}`).join("\n");
    throw new WaitError(
      "The restored database",
      `is not what backup ${backup} holds:\n${listed}\n${howToGoBack(stage)}`,
    );
  }
  say(`the live database is exactly backup ${backup}: ${summaryOf(expected)}`);
}
