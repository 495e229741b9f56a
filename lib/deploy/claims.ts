import { parseQuantity } from "../stages/quantity";
import type { Kubectl, KubeObject } from "./kubectl";

/** A template of claims in a StatefulSet. */
export interface ClaimTemplate {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly storageClassName?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

/** A claim in the cluster. */
export type Claim = KubeObject &
  ClaimTemplate & {
    readonly status: {
      readonly capacity?: { readonly storage?: string };
      readonly allocatedResourceStatuses?: { readonly storage?: string };
    };
  };

export const templatesOf = ({ spec }: KubeObject) => (spec?.volumeClaimTemplates ?? []) as readonly ClaimTemplate[];

/** Size that a claim asks for, e.g. `"10Gi"`. */
export const requested = ({ spec }: ClaimTemplate) => spec.resources.requests.storage;

/** Compares two sizes. A size in a form that no stage has is not larger than any other. */
export function isLarger(one: string, other: string): boolean {
  const [first, second] = [parseQuantity(one), parseQuantity(other)];
  return first !== undefined && second !== undefined && first > second;
}

/** Reads the claims that a StatefulSet's pods have made from a template. */
export async function claimsOf(set: KubeObject, template: ClaimTemplate, kubectl: Kubectl): Promise<readonly Claim[]> {
  const count = typeof set.spec?.replicas === "number" ? set.spec.replicas : 1;
  const names = Array.from(
    { length: count },
    (_, number) => `${template.metadata.name}-${set.metadata.name}-${number}`,
  );
  const claims = await Promise.all(names.map((name) => kubectl.get(`persistentvolumeclaim/${name}`)));
  return claims.filter((claim) => claim !== undefined) as Claim[];
}

/** Arguments of kubectl that make a claim ask for this size. */
export const enlarge = (name: string, storage: string) => [
  "patch",
  name,
  `--patch=${JSON.stringify({ spec: { resources: { requests: { storage } } } })}`,
];

/** The same StatefulSet, with claims of the sizes that `other` has. */
export function withSizesOf(set: KubeObject, other: KubeObject): KubeObject {
  const sizes = new Map(templatesOf(other).map((claim) => [claim.metadata.name, requested(claim)]));
  const volumeClaimTemplates = templatesOf(set).map((claim) => {
    const storage = sizes.get(claim.metadata.name) ?? requested(claim);
    const { resources } = claim.spec;
    return {
      ...claim,
      spec: { ...claim.spec, resources: { ...resources, requests: { ...resources.requests, storage } } },
    };
  });
  return { ...set, spec: { ...set.spec, volumeClaimTemplates } };
}
