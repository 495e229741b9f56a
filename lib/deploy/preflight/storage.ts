import type { Kubectl, KubeObject } from "../kubectl";
import { type Finding, problemsOf } from "./finding";

const DEFAULT = "storageclass.kubernetes.io/is-default-class";

interface Claim {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly storageClassName?: string };
}

/** Checks that every volume that has yet to be made has a StorageClass. */
export async function checkStorage(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const claims = [
    ...objects.filter(({ kind }) => kind === "StatefulSet").flatMap(claimsOf),
    ...objects.filter(({ kind }) => kind === "Cluster").map(claimOf),
  ];
  const missing = await Promise.all(claims.map(async (claim) => ((await exists(claim.pvc, kubectl)) ? [] : [claim])));
  const wanted = missing.flat();
  if (wanted.length === 0) return problemsOf([]);
  const classes = await kubectl.list("storageclasses");
  return problemsOf(wanted.flatMap((claim) => problemOf(claim, classes)));
}

const exists = async (pvc: string, kubectl: Kubectl) =>
  (await kubectl.get(`persistentvolumeclaim/${pvc}`)) !== undefined;

interface Wanted {
  readonly pvc: string;
  readonly storageClass: string | undefined;
}

function claimsOf({ metadata, spec }: KubeObject): Wanted[] {
  const templates = (spec?.volumeClaimTemplates ?? []) as readonly Claim[];
  return templates.map((claim) => ({
    pvc: `${claim.metadata.name}-${metadata.name}-0`,
    storageClass: claim.spec?.storageClassName,
  }));
}

/** The first instance's claim. The others' are like it. */
function claimOf({ metadata, spec }: KubeObject): Wanted {
  const { storageClass } = (spec?.storage ?? {}) as { storageClass?: string };
  return { pvc: `${metadata.name}-1`, storageClass };
}

function problemOf({ pvc, storageClass }: Wanted, classes: readonly KubeObject[]): string[] {
  const names = classes.map(({ metadata }) => metadata.name).join(", ") || "none";
  if (storageClass === undefined) {
    if (classes.some(({ metadata }) => metadata.annotations?.[DEFAULT] === "true")) return [];
    return [
      `The cluster has no default StorageClass, so the volume ${pvc} would never be made. Set database.storageClass in the stage to one ` +
        `of the cluster's (${names}), or make one the default.`,
    ];
  }
  if (classes.some(({ metadata }) => metadata.name === storageClass)) return [];
  return [
    `database.storageClass is ${storageClass}, which the cluster does not have, so the volume ${pvc} would never be made. It has ${names}.`,
  ];
}
