import type { Kubectl, KubeObject } from "./kubectl";
import { lastWords } from "./last-words";
import { podsOf } from "./pods";
import { isUnready, podTrouble, type Readiness, readiness } from "./readiness";
import { WaitError } from "./waiting";

/** Kinds whose specification only people change, so that a newer generation is somebody's change. */
const OURS = /^(?:Deployment|StatefulSet|Job)$/;

/**
 * Tells how ready an object is, and what its pods complain of.
 * @param applied generation that was applied; a newer one has failed, because it is another release.
 * @default any
 * @throws WaitError if the object is gone
 */
export async function look(what: string, kubectl: Kubectl, applied?: number): Promise<Readiness> {
  const object = await kubectl.get(what);
  if (!object) throw new WaitError(what, "is not there any more.");
  const { generation = 0 } = object.metadata;
  if (OURS.test(object.kind) && applied !== undefined && generation > applied) {
    const detail =
      "somebody else changed it meanwhile, so it is not what was applied here. Deploy again, one at a time.";
    return { state: "failed", detail };
  }
  const found = readiness(object);
  if (found.state === "ready") return found;
  const complaints = await Promise.all((await podsOf(object, kubectl)).map((pod) => complaint(pod, kubectl)));
  const known = complaints.filter((text) => text !== undefined);
  // A Job keeps the pods of its failed tries; the newest one is enough.
  return { ...found, detail: [found.detail, ...known.slice(object.kind === "Job" ? -1 : 0)].join("; ") };
}

/** Finds a pod's trouble: Kubernetes' reason and the last complaint in its log. */
async function complaint(pod: KubeObject, kubectl: Kubectl): Promise<string | undefined> {
  const trouble = podTrouble(pod) ?? (await mountTrouble(pod, kubectl));
  // A Job's whole log is shown already.
  if (!isUnready(pod) || pod.metadata.labels?.["batch.kubernetes.io/job-name"] !== undefined) return trouble;
  const { stdout } = await kubectl.try(["logs", pod.metadata.name, "--all-containers", "--tail=20"]);
  const words = lastWords(stdout);
  return words === undefined ? trouble : `${trouble ?? `${pod.metadata.name} is not ready`}: ${words}`;
}

/** Finds what an unstarted pod cannot mount, e.g. `secret "postgres-tls" not found`. Only its events say so. */
async function mountTrouble({ metadata: { name }, status }: KubeObject, kubectl: Kubectl): Promise<string | undefined> {
  if (status?.phase !== "Pending") return undefined;
  const selector = `--field-selector=reason=FailedMount,involvedObject.name=${name}`;
  const { code, stdout } = await kubectl.try(["get", "events", selector, "--output=jsonpath={.items[-1:].message}"]);
  return code === 0 && stdout.trim() !== "" ? `${name}: ${stdout.trim()}` : undefined;
}
