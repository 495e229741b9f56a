import { claimsOf, enlarge, isLarger, requested, templatesOf } from "./claims";
import { type Kubectl, KubectlError, type KubeObject } from "./kubectl";
import { ManifestError, type ManifestFile, reference } from "./manifests";

/** A StatefulSet of the stage whose volumes are smaller in the cluster than in its manifest. */
export interface Growth {
  readonly manifest: KubeObject;
  /** The one in the cluster, if its claim templates have other sizes. Kubernetes lets nobody change those. */
  readonly replaced: KubeObject | undefined;
  readonly claims: readonly ClaimGrowth[];
}

export interface ClaimGrowth {
  /** e.g. `"persistentvolumeclaim/data-postgres-0"` */
  readonly name: string;
  /** Size that it asks for, e.g. `"10Gi"`. The same as `to` where an earlier deployment has asked already. */
  readonly from: string;
  readonly to: string;
}

const RUNBOOK = 'the runbook "Changing what cannot be changed in place" in docs/operations.md';

/**
 * Compares the volumes of all StatefulSets with the cluster, and changes nothing.
 * @throws ManifestError if a volume would shrink, or if the API server does not let its claim grow
 */
export async function planGrowth(files: readonly ManifestFile[], kubectl: Kubectl): Promise<readonly Growth[]> {
  const sets = files.flatMap(({ objects }) => objects).filter(({ kind }) => kind === "StatefulSet");
  const problems: string[] = [];
  const growths: Growth[] = [];
  for (const set of sets) growths.push(await planSet(set, kubectl, problems));
  if (problems.length > 0) throw new ManifestError(problems.join("\n"));
  return growths.filter(({ replaced, claims }) => replaced !== undefined || claims.length > 0);
}

async function planSet(manifest: KubeObject, kubectl: Kubectl, problems: string[]): Promise<Growth> {
  const living = await kubectl.get(reference(manifest));
  const before = new Map(living && templatesOf(living).map((claim) => [claim.metadata.name, requested(claim)]));
  const claims: ClaimGrowth[] = [];
  let outgrown = false;
  for (const template of templatesOf(manifest)) {
    const to = requested(template);
    const found = await claimsOf(manifest, template, kubectl);
    // A claim that somebody has made larger by hand stays so, and is no reason to refuse a deployment.
    const deployed = before.get(template.metadata.name) ?? found.map(requested)[0];
    if (deployed !== undefined && isLarger(deployed, to)) problems.push(shrinks(manifest, deployed, to));
    if (deployed !== undefined && living) outgrown ||= isLarger(to, deployed);
    for (const claim of found) {
      const [name, from] = [reference(claim), requested(claim)];
      if (isLarger(to, from))
        problems.push(...(await refusal({ name, from, to }, claim.spec.storageClassName, kubectl)));
      if (isLarger(to, claim.status.capacity?.storage ?? to) || isLarger(to, from)) claims.push({ name, from, to });
    }
  }
  return { manifest, replaced: outgrown ? living : undefined, claims };
}

const shrinks = (set: KubeObject, deployed: string, wanted: string) =>
  `The stage asks for ${wanted} but the deployed volume of ${reference(set)} has ${deployed}, and Kubernetes never shrinks a volume. ` +
  `Set database.storage to ${deployed} or more, or move the data as ${RUNBOOK} says.`;

/** Asks the API server to check the larger claim: it knows the class, and whether the claim is bound. */
async function refusal(claim: ClaimGrowth, storageClass: string | undefined, kubectl: Kubectl): Promise<string[]> {
  const args = [...enlarge(claim.name, claim.to), "--dry-run=server", "--output=name"];
  const { code, stderr } = await kubectl.try(args);
  if (code === 0) return [];
  if (!/\((?:Forbidden|Invalid)\)|forbidden|is invalid/.test(stderr)) throw new KubectlError(stderr.trim(), "failed");
  return [
    `${claim.name} cannot grow from ${claim.from} to ${claim.to} in StorageClass ${storageClass ?? "none"}, and nothing was applied. The API server says: ` +
      `${stderr.trim()}\nSet allowVolumeExpansion in the class if its driver can do it, set database.storage back to ${claim.from}, or move ` +
      `the data as ${RUNBOOK} says.`,
  ];
}
