import * as path from "node:path";
import { EXIT } from "../contract";
import { apply, rehearse, summarize } from "./apply";
import { withSizesOf } from "./claims";
import { growVolumes } from "./grow-volumes";
import { followJob } from "./job-log";
import type { Kubectl, KubeObject } from "./kubectl";
import { look } from "./look";
import { type ManifestFile, reference } from "./manifests";
import { isWaitedFor, readiness } from "./readiness";
import type { Say } from "./say";
import { type Growth, planGrowth } from "./volume-growth";
import { WaitError, waitFor } from "./waiting";

export interface DeployOptions {
  /** Bound to the namespace of the manifests. */
  readonly kubectl: Kubectl;
  /** Files in the order in which to apply them. */
  readonly files: readonly ManifestFile[];
  /** Receives progress, one line at a time. */
  readonly say: Say;
  /** Receives what is being done or waited for, as often as once a second. @default nobody */
  readonly live?: Say;
  /** Called once the namespace is there and the API server has checked the rest. @default nothing */
  readonly begun?: () => Promise<void>;
  /** Ends the waiting; applied objects stay. @default never */
  readonly signal?: AbortSignal;
}

/**
 * Applies each file and waits until its objects are ready before the next: the database before its migration, the
 * schema before the service. Before any file but the first, the API server has checked them all. Repeating it changes
 * nothing.
 * @throws KubectlError if the cluster refuses something, WaitError if something does not become ready
 */
export async function deploy(given: DeployOptions): Promise<void> {
  const { files, say, live, signal } = given;
  const growths = await planGrowth(files, given.kubectl);
  const jobsOfBefore: string[] = [];
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const kubectl = given.kubectl.for(file.objects);
    const options = { ...given, kubectl };
    const name = path.basename(file.path);
    for (const object of file.objects) await clearFailedJob(object, options);
    live?.(`applying ${name}`, { type: "applying", object: name });
    const applied = await apply(file, options.kubectl);
    say(`${name}: ${summarize(applied)}`, { type: "applied", object: name });
    jobsOfBefore.push(...applied.unchanged.filter((name) => name.startsWith("job/")));
    const left = files.slice(index + 1);
    const explained = (error: unknown) => {
      throw error instanceof WaitError ? explain(error, left, jobsOfBefore) : error;
    };
    // The first file has the namespaces, without which the API server checks nothing.
    if (index === 0) await beforeTheRest(left, growths, given).catch(explained);
    if (index === 0) await given.begun?.();
    for (const object of file.objects.filter(isWaitedFor)) {
      await waitForObject(object, applied.generations[reference(object)], options).catch(explained);
    }
  }
}

/** Has the API server check the files, and makes volumes larger, so that nothing later has to change a claim template. */
async function beforeTheRest(
  files: readonly ManifestFile[],
  growths: readonly Growth[],
  options: DeployOptions,
): Promise<void> {
  await rehearse(files, options.kubectl, (object) => {
    const replaced = growths.find(({ manifest }) => manifest === object)?.replaced;
    return replaced ? withSizesOf(object, replaced) : object;
  });
  for (const growth of growths) await growVolumes(growth, options);
}

/** Says what a failure leaves as it was, what a migration's exit code means, and what did not run. */
function explain(error: WaitError, left: readonly ManifestFile[], jobsOfBefore: readonly string[]): WaitError {
  const code = /failed with exit code (?<code>\d+)/.exec(error.message)?.groups?.code ?? "";
  const names = left.flatMap(({ objects }) => objects.filter(isWaitedFor).map(reference));
  const rest = names.length === 0 ? [] : [`Not applied, and so as before: ${names.join(", ")}.`];
  const stale = error.what.startsWith("deployment/") ? jobsOfBefore.map(ranBefore) : [];
  return new WaitError(error.what, [error.problem, ...(MEANINGS[code] ?? []), ...stale, ...rest].join("\n"));
}

/** A complete Job does not run again, which is wrong if its migrations were undone since. */
const ranBefore = (job: string) =>
  `${job} ran before and did not run now. If the schema was taken back since (migrate down), delete it (kubectl delete ${job}) and deploy again.`;

/** Meanings of the codes that fail a migration Job at once. */
const MEANINGS: Readonly<Record<string, readonly string[]>> = {
  [EXIT.usage]: ["Its arguments, settings or credentials cannot stand; its log says which."],
  [EXIT.sql]: [
    "A migration's SQL failed, or its lock was not free, and it was rolled back; its log says where and why. Mend that and deploy again.",
  ],
  [EXIT.refused]: ["The checks refused it before anything was written; its log says why."],
};

/** Deletes a failed Job: applying it again would change nothing, and its migrations may run again. */
async function clearFailedJob(object: KubeObject, { kubectl, say }: DeployOptions): Promise<void> {
  if (object.kind !== "Job") return;
  const present = await kubectl.get(reference(object));
  if (!present || readiness(present).state !== "failed") return;
  say(`${reference(object)} failed earlier and is deleted, so that it runs again`);
  await kubectl.run(["delete", reference(object), "--ignore-not-found", "--cascade=foreground", "--timeout=90s"]);
}

async function waitForObject(
  object: KubeObject,
  generation: number | undefined,
  options: DeployOptions,
): Promise<void> {
  const { kubectl, say } = options;
  const what = reference(object);
  const showLog = object.kind === "Job" ? followJob(object, kubectl, say) : async () => undefined;
  let running = false;
  const poll = async () => {
    const found = await look(what, kubectl, generation);
    // The log of a Job from an earlier deployment was shown then.
    running ||= found.state !== "ready";
    if (running) await showLog();
    return found;
  };
  const seconds = await waitFor({ what, seconds: patience(object), poll }, options);
  if (seconds >= 1) say(`${what} is ready after ${Math.round(seconds)} s`, { type: "ready", object: what, seconds });
}

/** Seconds until a wait is given up, a little more than Kubernetes' own limit. */
export function patience({ kind, spec }: KubeObject): number {
  const seconds = (value: unknown, otherwise: number) => (typeof value === "number" ? value : otherwise);
  if (kind === "Job") return seconds(spec?.activeDeadlineSeconds, 600) + 30;
  if (kind === "Deployment") return seconds(spec?.progressDeadlineSeconds, 600) + 30;
  // A first start pulls an image; a later one may recover from a crash.
  if (kind === "StatefulSet") return 600;
  // Each replica is a copy of the whole database.
  if (kind === "Cluster") return 3600;
  return 120;
}
