import { followPods } from "../deploy/job-log";
import type { KubeObject } from "../deploy/kubectl";
import { isUnready, podTrouble, type Readiness } from "../deploy/readiness";
import { WaitError, waitFor } from "../deploy/waiting";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import { restoreClaim } from "./claim";
import { handOver, type Keys } from "./keys";
import { BACKUP_LABEL, LIVE_CLAIM, RESTORE_APP, restoreName, SERVER } from "./names";
import { FETCH, type RestorePodProps, restorePod } from "./pod";
import { removeObject, type Surroundings } from "./steps";

export interface PrepareOptions extends Surroundings, Omit<RestorePodProps, "server"> {
  /** Network policy of the restore pod. */
  readonly policy: KubeObject;
  readonly keys: Keys;
}

/** A dump of a terabyte takes hours to load. */
const PATIENCE_SECONDS = 24 * 3600;

/**
 * Restores a backup into a volume of its own, beside the live one, and compares it. Continues what an earlier run began,
 * and begins anew what failed.
 * @throws WaitError with what failed; the live database is as it was
 */
export async function prepare(options: PrepareOptions): Promise<void> {
  const { kubectl, say, backup, policy } = options;
  const name = restoreName(backup);
  await requireNoOther(options);
  const server = await kubectl.get(SERVER);
  if (!server) {
    throw new WaitError(
      SERVER,
      `is not in namespace ${kubectl.namespace}. Deploy the stage first; then restore into it.`,
    );
  }
  await clearFailed(options);
  await kubectl.run(["apply", "--filename=-"], { input: JSON.stringify(policy) });
  if (!(await kubectl.get(`persistentvolumeclaim/${name}`))) {
    const live = await kubectl.get(`persistentvolumeclaim/${LIVE_CLAIM}`);
    await kubectl.run(["create", "--filename=-"], { input: JSON.stringify(restoreClaim(backup, server, live)) });
    say(`persistentvolumeclaim/${name} is made; the live database goes on`);
  }
  if (!(await kubectl.get(`pod/${name}`))) {
    await kubectl.run(["create", "--filename=-"], { input: JSON.stringify(restorePod({ ...options, server })) });
  }
  await untilRestored(options);
}

/** Refuses to begin beside the restore of another backup. */
async function requireNoOther({ kubectl, backup }: PrepareOptions): Promise<void> {
  const claims = await kubectl.list("persistentvolumeclaims", `app=${RESTORE_APP}`);
  const other = claims.map(({ metadata }) => metadata.labels?.[BACKUP_LABEL]).find((id) => id !== backup);
  if (other === undefined) return;
  throw new WaitError(
    "The restore",
    `cannot begin, since backup ${other} is restored already and waits. Continue with --backup ${other}, or remove that with --discard.`,
  );
}

/** Removes a restore that failed, with its half-filled volume. */
async function clearFailed(options: PrepareOptions): Promise<void> {
  const { kubectl, say, backup } = options;
  const name = restoreName(backup);
  const pod = await kubectl.get(`pod/${name}`);
  const volume = await kubectl.get(`persistentvolumeclaim/${name}`);
  // A volume without its pod was perhaps filled in part.
  if (pod ? pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded" : volume === undefined) return;
  say(`an earlier try to restore ${backup} failed; it is removed and begun anew`);
  await discard(options);
}

/** Removes the restored copy: the pod, its volume, and the policy. */
export async function discard(options: Surroundings): Promise<readonly string[]> {
  const { kubectl } = options;
  const removed: string[] = [];
  for (const kind of ["pod", "persistentvolumeclaim", "networkpolicy"]) {
    for (const { metadata } of await kubectl.list(kind, `app=${RESTORE_APP}`)) {
      await removeObject(`${kind}/${metadata.name}`, options);
      removed.push(`${kind}/${metadata.name}`);
    }
  }
  return removed;
}

async function untilRestored(options: PrepareOptions): Promise<void> {
  const { kubectl, say, backup, keys } = options;
  const name = restoreName(backup);
  const selector = `app=${RESTORE_APP},${BACKUP_LABEL}=${backup}`;
  const showLog = followPods(selector, `pod/${name}`, kubectl, say, [POSTGRES_IDENTITY.name, "hold"]);
  let handed = false;
  const poll = async (): Promise<Readiness> => {
    const pod = await kubectl.get(`pod/${name}`);
    if (!pod) throw new WaitError(`pod/${name}`, "is gone. Nothing has changed for the live database; run this again.");
    if (!handed && isRunning(pod, FETCH)) {
      await handOver(keys, name, FETCH, kubectl);
      handed = true;
    }
    await showLog();
    return progress(pod);
  };
  const seconds = await waitFor({ what: `pod/${name}`, seconds: PATIENCE_SECONDS, poll }, options);
  say(`backup ${backup} is restored beside the live database and compared, after ${Math.round(seconds)} s`);
}

interface Status {
  readonly name: string;
  readonly state?: { readonly running?: object };
}

const statuses = ({ status }: KubeObject) =>
  [status?.initContainerStatuses, status?.containerStatuses].flat().filter(Boolean) as readonly Status[];

const isRunning = (pod: KubeObject, container: string) =>
  statuses(pod).some(({ name, state }) => name === container && state?.running !== undefined);

/** Ready once every step has ended well and the server answers. */
function progress(pod: KubeObject): Readiness {
  const trouble = podTrouble(pod);
  if (pod.status?.phase === "Failed") {
    const detail = `${trouble ?? "it failed"}. The live database was not touched. Correct that and run this again`;
    return { state: "failed", detail };
  }
  if (pod.status?.phase === "Running" && !isUnready(pod)) return { state: "ready", detail: "" };
  const step = statuses(pod).findLast(({ name, state }) => state?.running && name !== POSTGRES_IDENTITY.name);
  return { state: "waiting", detail: trouble ?? `step ${step?.name ?? "start"}` };
}
