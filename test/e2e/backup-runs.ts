import { strict as assert } from "node:assert";
import { BACKUP } from "../../lib/contract";
import type { KubeObject } from "../../lib/deploy/kubectl";
import { look } from "../../lib/deploy/look";
import type { E2e } from "./case";

/** Containers of a backup's pod, in the order in which they run. */
export type Phase = "dump" | "ship";

interface ContainerState {
  readonly running?: { readonly startedAt: string };
  readonly terminated?: { readonly startedAt: string; readonly finishedAt: string };
}

/**
 * Starts a Job of the CronJob that nobody owns. As the CronJob's own, it would go with its pods when the next one
 * succeeds.
 */
export async function startRun(e2e: E2e, name: string): Promise<void> {
  const { kubectl } = e2e;
  const removal = () => kubectl.run(["delete", "job", name, "--ignore-not-found", "--cascade=foreground"]);
  await removal();
  e2e.cleanUp(`job ${name}`, removal);
  const made = await kubectl.run([
    ...["create", "job", name, `--from=cronjob/${BACKUP.name}`],
    ...["--dry-run=client", "--output=json"],
  ]);
  const { metadata, ...job } = JSON.parse(made) as { metadata: { ownerReferences?: unknown } };
  const { ownerReferences: _, ...free } = metadata;
  await e2e.apply({ ...job, metadata: free });
}

/** Waits for a Job's end, and tells whether it succeeded. */
export async function runEnded(e2e: E2e, name: string): Promise<boolean> {
  let succeeded = false;
  await e2e.wait({
    what: `job/${name}`,
    seconds: 240,
    async poll() {
      const { state, detail } = await look(`job/${name}`, e2e.kubectl);
      succeeded = state === "ready";
      return { state: state === "waiting" ? state : "ready", detail };
    },
  });
  return succeeded;
}

/** Number of a Job's tries that failed. */
export async function failedTries({ kubectl }: E2e, name: string): Promise<number> {
  return Number((await kubectl.get(`job/${name}`))?.status?.failed ?? 0);
}

/** Waits for a try of the Job that is in this phase. Returns undefined if the Job's last try is past it. */
export async function runningIn(e2e: E2e, name: string, phase: Phase): Promise<KubeObject | undefined> {
  let found: KubeObject | undefined;
  const wait = {
    what: `job/${name} to ${phase}`,
    seconds: 120,
    async poll() {
      const pods = await e2e.kubectl.list("pods", `batch.kubernetes.io/job-name=${name}`);
      found = pods.find((pod) => stateOf(pod, phase)?.running !== undefined && !isLeaving(pod));
      // The pod of a Job that succeeded may be gone: a kill came just then.
      const over = Number((await e2e.kubectl.get(`job/${name}`))?.status?.succeeded ?? 0) > 0;
      return { state: found || over ? "ready" : "waiting", detail: `${pods.length} tries` } as const;
    },
  };
  await e2e.wait(wait, 200);
  return found;
}

const isLeaving = ({ metadata }: KubeObject) => "deletionTimestamp" in metadata;

function stateOf({ status }: KubeObject, phase: Phase): ContainerState | undefined {
  const statuses = [status?.initContainerStatuses, status?.containerStatuses].flat() as readonly (
    | { readonly name: string; readonly state: ContainerState }
    | undefined
  )[];
  return statuses.find((one) => one?.name === phase)?.state;
}

/** Seconds that a pod spent in a phase, by the kubelet, which counts whole ones. @throws AssertionError if it never ended */
export function secondsIn(pod: KubeObject, phase: Phase): number {
  const ended = stateOf(pod, phase)?.terminated;
  assert.ok(ended, `${pod.metadata.name} has not ended ${phase}`);
  return (Date.parse(ended.finishedAt) - Date.parse(ended.startedAt)) / 1000;
}
