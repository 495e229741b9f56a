import { type Claim, enlarge, isLarger, withSizesOf } from "./claims";
import type { Kubectl, KubeObject } from "./kubectl";
import { reference } from "./manifests";
import type { Readiness } from "./readiness";
import { replaceStatefulSet } from "./replace-stateful-set";
import type { ClaimGrowth, Growth } from "./volume-growth";
import { type WaitContext, WaitError, waitFor } from "./waiting";

export interface GrowOptions extends WaitContext {
  readonly kubectl: Kubectl;
}

/** A provider may copy data, and a node enlarges the file system. */
const PATIENCE_SECONDS = 600;

/**
 * Enlarges claims, waits until the volumes are larger, and replaces the StatefulSet by one with larger claim templates.
 * The pod goes on. Repeating it goes on where an earlier run was killed.
 * @throws KubectlError, WaitError
 */
export async function growVolumes({ manifest, replaced, claims }: Growth, options: GrowOptions): Promise<void> {
  const { kubectl, say } = options;
  for (const { name, from, to } of claims.filter(({ from, to }) => from !== to)) {
    await kubectl.run(enlarge(name, to));
    say(`${name} asks for ${to} instead of ${from}`, { type: "growing", object: name, state: to });
  }
  for (const claim of claims) await untilGrown(claim, options);
  if (!replaced) return;
  options.signal?.throwIfAborted();
  await replaceStatefulSet(replaced, (living) => withSizesOf(living, manifest), options);
  if (checksum(replaced) !== checksum(manifest)) {
    say(
      `${reference(manifest)} gets settings that go with the larger volume; they come with a restart of its pod in the next steps`,
    );
  }
}

/** Digest of the configuration, which a pod gets with a restart only. */
function checksum({ spec }: KubeObject): string | undefined {
  const template = spec?.template as { metadata?: { annotations?: Record<string, string> } } | undefined;
  return template?.metadata?.annotations?.["checksum/config"];
}

/** Waits, because settings for the larger volume would fill the smaller one. */
async function untilGrown(claim: ClaimGrowth, { kubectl, ...context }: GrowOptions): Promise<void> {
  const poll = async () => judge(await kubectl.get(claim.name), claim, kubectl);
  try {
    const seconds = await waitFor({ what: claim.name, seconds: PATIENCE_SECONDS, poll }, context);
    context.say(`${claim.name} has ${claim.to} after ${Math.round(seconds)} s`, {
      type: "ready",
      object: claim.name,
      seconds,
    });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    throw new WaitError(error.what, `${error.problem}\n${ADVICE}`);
  }
}

const ADVICE =
  "The claim asks for the larger size already, and deploying again goes on from there. If its file system grows only when a pod starts " +
  "(FileSystemResizePending), delete the pod at a quiet time and deploy again. If its storage provider refuses, see `kubectl describe pvc`.";

async function judge(object: KubeObject | undefined, { name, to }: ClaimGrowth, kubectl: Kubectl): Promise<Readiness> {
  if (!object) throw new WaitError(name, "is not there any more.");
  const { capacity, allocatedResourceStatuses } = (object as Claim).status;
  const has = capacity?.storage ?? "0";
  if (!isLarger(to, has)) return { state: "ready", detail: has };
  const detail = [`${has} of ${to}`, stepOf(object), await lastEvent(object, kubectl)].filter(Boolean).join(", ");
  // Kubernetes tries again for ever; the provider has said that it cannot be done.
  const failed = /Infeasible$/.test(allocatedResourceStatuses?.storage ?? "");
  return { state: failed ? "failed" : "waiting", detail };
}

const STEPS: Readonly<Record<string, string>> = {
  Resizing: "Resizing (the storage provider enlarges the volume)",
  FileSystemResizePending: "FileSystemResizePending (the node enlarges the file system)",
  ControllerResizeError: "ControllerResizeError",
  NodeResizeError: "NodeResizeError",
};

/** The conditions that say where the resizing is. */
function stepOf({ status }: KubeObject): string {
  const conditions = (status?.conditions ?? []) as readonly { type: string; status: string; message?: string }[];
  const now = conditions.filter((condition) => condition.status === "True" && STEPS[condition.type] !== undefined);
  const told = now.map(({ type, message }) => (type.endsWith("Error") ? `${STEPS[type]}: ${message}` : STEPS[type]));
  return told.join(", ") || "nobody has begun to enlarge it";
}

/** The newest event of a claim; only events say that a provider has failed or that no one provides. */
async function lastEvent({ metadata }: KubeObject, kubectl: Kubectl): Promise<string> {
  const selector = `--field-selector=involvedObject.kind=PersistentVolumeClaim,involvedObject.name=${metadata.name},type=Warning`;
  const { code, stdout } = await kubectl.try(["get", "events", selector, "--output=jsonpath={.items[-1:].message}"]);
  return code === 0 ? stdout.trim() : "";
}
