import type { Kubectl } from "../deploy/kubectl";
import { look } from "../deploy/look";
import { waitFor } from "../deploy/waiting";

/** The surroundings of a restore. */
export interface Surroundings {
  /** Bound to the stage's namespace. */
  readonly kubectl: Kubectl;
  /** Receives progress, one line at a time. */
  readonly say: (line: string) => void;
  /** Stops between two steps. @default never */
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks at the cluster. @default 1000 */
  readonly pollMilliseconds?: number;
}

/** A pod may take its grace period to stop, and a volume some time to come to another node. */
const PATIENCE_SECONDS = 600;

/** Deletes an object and waits until it is gone, with everything that it holds back. */
export async function removeObject(reference: string, surroundings: Surroundings): Promise<void> {
  const { kubectl } = surroundings;
  const found = await kubectl.get(reference);
  if (!found) return;
  await kubectl.run(["delete", reference, "--ignore-not-found", "--wait=false"]);
  await untilGone(reference, surroundings, found.metadata.uid);
}

/** Waits until an object is gone. With a uid, another object of that name counts as gone, too. */
export async function untilGone(reference: string, surroundings: Surroundings, uid?: string): Promise<void> {
  const { kubectl } = surroundings;
  const poll = async () => {
    const found = await kubectl.get(reference);
    const gone = !found || (uid !== undefined && found.metadata.uid !== uid);
    return { state: gone ? "ready" : "waiting", detail: "it is still there" } as const;
  };
  await waitFor({ what: `${reference} to be gone`, seconds: PATIENCE_SECONDS, poll }, surroundings);
}

/** Sets the number of pods, unless it is that already. */
export async function scale(reference: string, replicas: number, { kubectl, say }: Surroundings): Promise<void> {
  const object = await kubectl.get(reference);
  if (!object || object.spec?.replicas === replicas) return;
  say(`${reference}: ${replicas} instead of ${object.spec?.replicas} pods`);
  await kubectl.run(["patch", reference, "--type=merge", `--patch=${JSON.stringify({ spec: { replicas } })}`]);
}

/** Waits until a controller's pods are all ready, and says what they complain of meanwhile. */
export async function untilReady(reference: string, surroundings: Surroundings): Promise<void> {
  const poll = () => look(reference, surroundings.kubectl);
  await waitFor({ what: reference, seconds: PATIENCE_SECONDS, poll }, surroundings);
}
