import * as path from "node:path";
import { apply, summarize } from "./apply";
import type { Kubectl, KubeObject } from "./kubectl";
import { type ManifestFile, reference } from "./manifests";
import { isWaitedFor, podTrouble, type Readiness, readiness } from "./readiness";
import { WaitError, waitFor } from "./waiting";

export interface DeployOptions {
  /** In the namespace of the manifests. */
  readonly kubectl: Kubectl;
  /** In the order in which to apply them. */
  readonly files: readonly ManifestFile[];
  /** Where progress goes, one line at a time. */
  readonly say: (line: string) => void;
  /** Ends the waiting; what is applied stays applied. @default never */
  readonly signal?: AbortSignal;
}

/**
 * Applies each file and waits until what it holds is as it should be before it goes on to the next, so that the database is
 * there before its migration, and the schema before the service. Applying the same again changes nothing.
 * @throws KubectlError where the cluster refuses something, WaitError where something does not become ready
 */
export async function deploy(options: DeployOptions): Promise<void> {
  for (const file of options.files) {
    for (const object of file.objects) await clearFailedJob(object, options);
    options.say(`${path.basename(file.path)}: ${summarize(await apply(file, options.kubectl))}`);
    for (const object of file.objects.filter(isWaitedFor)) await waitForObject(object, options);
  }
}

/** A Job that failed stays failed, and applying it again would change nothing. Migrations may run again. */
async function clearFailedJob(object: KubeObject, { kubectl, say }: DeployOptions): Promise<void> {
  if (object.kind !== "Job") return;
  const present = await kubectl.get(reference(object));
  if (!present || readiness(present).state !== "failed") return;
  say(`${reference(object)} failed earlier and is deleted, so that it runs again`);
  await kubectl.run(["delete", reference(object), "--cascade=foreground", "--timeout=90s"]);
}

async function waitForObject(object: KubeObject, options: DeployOptions): Promise<void> {
  const { kubectl, say } = options;
  const what = reference(object);
  const showTries = object.kind === "Job" ? triesOf(object, options) : async () => undefined;
  let running = false;
  const poll = async () => {
    const found = await look(what, kubectl);
    // A Job that an earlier deployment ran has shown its log then.
    running ||= found.state !== "ready";
    if (running) await showTries();
    return found;
  };
  const seconds = await waitFor({ what, seconds: patience(object), poll }, options);
  if (seconds >= 1) say(`${what} is ready after ${Math.round(seconds)} s`);
}

/** Seconds until a wait is given up: a little more than Kubernetes itself has. */
export function patience({ kind, spec }: KubeObject): number {
  const seconds = (value: unknown, otherwise: number) => (typeof value === "number" ? value : otherwise);
  if (kind === "Job") return seconds(spec?.activeDeadlineSeconds, 600) + 30;
  if (kind === "Deployment") return seconds(spec?.progressDeadlineSeconds, 600) + 30;
  // The first start pulls an image, a later one may have a crash to recover from.
  if (kind === "StatefulSet") return 600;
  return 120;
}

/** How ready an object is, with what its pods complain of. @throws WaitError where it is gone */
export async function look(what: string, kubectl: Kubectl): Promise<Readiness> {
  const object = await kubectl.get(what);
  if (!object) throw new WaitError(what, "is not there any more.");
  const found = readiness(object);
  if (found.state === "ready") return found;
  const pods = await podsOf(object, kubectl);
  const all = await Promise.all(pods.map(async (pod) => podTrouble(pod) ?? (await mountTrouble(pod, kubectl))));
  const troubles = all.filter((trouble) => trouble !== undefined);
  // A Job leaves the pods of its failed tries; the newest one says enough.
  return { ...found, detail: [found.detail, ...troubles.slice(object.kind === "Job" ? -1 : 0)].join("; ") };
}

/** What a pod that does not start yet cannot mount, e.g. `secret "postgres-tls" not found`: its events alone say so. */
async function mountTrouble({ metadata: { name }, status }: KubeObject, kubectl: Kubectl): Promise<string | undefined> {
  if (status?.phase !== "Pending") return undefined;
  const selector = `--field-selector=reason=FailedMount,involvedObject.name=${name}`;
  const { code, stdout } = await kubectl.try(["get", "events", selector, "--output=jsonpath={.items[-1:].message}"]);
  return code === 0 && stdout.trim() !== "" ? `${name}: ${stdout.trim()}` : undefined;
}

/** The object's pods, oldest first. */
async function podsOf({ spec }: KubeObject, kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const { matchLabels } = (spec?.selector ?? {}) as { matchLabels?: Readonly<Record<string, string>> };
  if (matchLabels === undefined) return [];
  const selector = Object.entries(matchLabels).map(([label, value]) => `${label}=${value}`);
  const pods = await kubectl.list("pods", selector.join(","));
  return pods.toSorted((one, other) => created(one).localeCompare(created(other)));
}

const created = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";

/** Shows the log of each of a Job's pods once it has ended, since a next try may be minutes away. */
function triesOf(job: KubeObject, { kubectl, say }: DeployOptions): () => Promise<void> {
  const shown = new Set<string>();
  return async () => {
    for (const { metadata, status } of await kubectl.list(
      "pods",
      `batch.kubernetes.io/job-name=${job.metadata.name}`,
    )) {
      if (shown.has(metadata.name) || !/^(Succeeded|Failed)$/.test(String(status?.phase))) continue;
      shown.add(metadata.name);
      const { stdout } = await kubectl.try(["logs", metadata.name, "--all-containers", "--tail=15"]);
      for (const line of stdout.split("\n").filter(Boolean)) say(`  ${line}`);
    }
  };
}
