import type { Kubectl, KubeObject } from "../deploy/kubectl";
import type { Readiness } from "../deploy/readiness";
import { WaitError } from "../deploy/waiting";
import { KEPT, KEPT_LABEL } from "./names";

/** The fields of a claim that a restore reads. */
export interface ClaimSpec {
  readonly volumeName?: string;
  readonly storageClassName?: string;
  readonly accessModes?: readonly string[];
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

interface VolumeSpec {
  readonly persistentVolumeReclaimPolicy?: string;
  readonly storageClassName?: string;
  readonly accessModes?: readonly string[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly claimRef?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
}

/** Name of a claim's volume; undefined if there is no such claim, or it is not bound. */
export async function volumeOf(claim: string, kubectl: Kubectl): Promise<string | undefined> {
  return specOf<ClaimSpec>(await kubectl.get(`persistentvolumeclaim/${claim}`)).volumeName;
}

/** Reads the fate of a volume when its claim is deleted. @throws WaitError if there is no such volume */
export async function reclaimPolicyOf(volume: string, kubectl: Kubectl): Promise<string> {
  return (await readVolume(volume, kubectl)).persistentVolumeReclaimPolicy ?? "Retain";
}

/** Sets the fate of a volume when its claim is deleted. */
export async function setReclaimPolicy(volume: string, policy: string, kubectl: Kubectl): Promise<void> {
  if ((await reclaimPolicyOf(volume, kubectl)) === policy) return;
  await patchVolume(volume, { spec: { persistentVolumeReclaimPolicy: policy } }, kubectl);
}

/** Marks a volume as replaced, with the time and the reason. A repetition keeps the first time. */
export async function keepVolume(volume: string, why: string, kubectl: Kubectl): Promise<void> {
  const found = await kubectl.get(`persistentvolume/${volume}`);
  const at = found?.metadata.annotations?.[KEPT.at] ?? new Date().toISOString();
  const metadata = { labels: { [KEPT_LABEL]: kubectl.namespace }, annotations: { [KEPT.at]: at, [KEPT.why]: why } };
  await patchVolume(volume, { metadata }, kubectl);
}

/** Takes the mark away from a volume that serves again. */
export async function unmarkVolume(volume: string, kubectl: Kubectl): Promise<void> {
  const metadata = { labels: { [KEPT_LABEL]: null }, annotations: { [KEPT.at]: null, [KEPT.why]: null } };
  await patchVolume(volume, { metadata }, kubectl);
}

/** Volumes that restores of this namespace replaced, the latest first. */
export async function keptVolumes(kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const volumes = await kubectl.list("persistentvolumes", `${KEPT_LABEL}=${kubectl.namespace}`);
  const at = ({ metadata }: KubeObject) => metadata.annotations?.[KEPT.at] ?? "";
  return volumes.toSorted((one, other) => at(other).localeCompare(at(one)));
}

/**
 * Reserves a released volume for a claim of this namespace. The reference has no uid, since the claim is yet to be made;
 * without any reference, somebody else's claim could take the volume.
 */
export async function reserveVolume(volume: string, claim: string, kubectl: Kubectl): Promise<void> {
  const { claimRef } = await readVolume(volume, kubectl);
  const bound = (await volumeOf(claim, kubectl)) === volume;
  if (bound || (claimRef?.name === claim && claimRef.uid === undefined)) return;
  const reference = {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: kubectl.namespace, name: claim },
    ...{ uid: null, resourceVersion: null },
  };
  await patchVolume(volume, { spec: { claimRef: reference } }, kubectl);
}

/** Makes a claim of exactly this volume, unless it is there. */
export async function claimVolume(
  volume: string,
  claim: string,
  labels: Readonly<Record<string, string>>,
  kubectl: Kubectl,
): Promise<void> {
  if (await kubectl.get(`persistentvolumeclaim/${claim}`)) return;
  const { storageClassName = "", accessModes, capacity } = await readVolume(volume, kubectl);
  const manifest = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: claim, labels },
    spec: {
      accessModes,
      storageClassName,
      volumeName: volume,
      resources: { requests: { storage: capacity?.storage } },
    },
  };
  await kubectl.run(["create", "--filename=-"], { input: JSON.stringify(manifest) });
}

/** Tells whether a claim has the volume. Fails if it has another one. */
export async function boundTo(volume: string, claim: string, kubectl: Kubectl): Promise<Readiness> {
  const object = await kubectl.get(`persistentvolumeclaim/${claim}`);
  const { volumeName } = specOf<ClaimSpec>(object);
  if (volumeName !== undefined && volumeName !== volume) {
    return { state: "failed", detail: `it has volume ${volumeName} instead of ${volume}` };
  }
  const phase = String(object?.status?.phase ?? "missing");
  return { state: phase === "Bound" ? "ready" : "waiting", detail: `phase ${phase}` };
}

async function readVolume(volume: string, kubectl: Kubectl): Promise<VolumeSpec> {
  const found = await kubectl.get(`persistentvolume/${volume}`);
  if (!found) throw new WaitError(`persistentvolume/${volume}`, "is gone, and with it what it held.");
  return specOf<VolumeSpec>(found);
}

async function patchVolume(volume: string, patch: object, kubectl: Kubectl): Promise<void> {
  await kubectl.run(["patch", `persistentvolume/${volume}`, "--type=merge", `--patch=${JSON.stringify(patch)}`]);
}

const specOf = <Spec>(object: KubeObject | undefined) => (object?.spec ?? {}) as Spec;

export const volumeExists = async (volume: string, kubectl: Kubectl): Promise<boolean> =>
  volume !== "" && (await kubectl.get(`persistentvolume/${volume}`)) !== undefined;
