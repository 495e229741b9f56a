import { byNamespace } from "../by-namespace";
import type { Kubectl, KubeObject } from "../kubectl";
import { ManifestError, type ManifestFile, requireReleased } from "../manifests";
import { requireNoOtherStage } from "../other-stage";
import { checkApiServer } from "./api-server";
import { checkClusterOperator } from "./cluster-operator";
import { type Finding, ifAllowed, problemsOf, together } from "./finding";
import { checkIssuers } from "./issuers";
import { checkQuota } from "./quota";
import { kindOf, unservedKinds, unservedProblems } from "./served";
import { checkStorage } from "./storage";

/** Everything that stands against deploying, found before anything is applied. */
export interface Preflight extends Finding {
  /** Objects of kinds that the API server does not serve, which it cannot judge. */
  readonly unserved: readonly KubeObject[];
}

/** Checks the cluster for what a stage's objects need of it. Changes nothing. @throws KubectlError if it does not answer */
export async function preflight(files: readonly ManifestFile[], kubectl: Kubectl): Promise<Preflight> {
  const objects = files.flatMap((file) => file.objects);
  const unserved = await unservedKinds(objects, kubectl);
  const served = objects.filter((object) => !unserved.has(kindOf(object)));
  const checks: readonly Promise<Finding>[] = [
    refusal(async () => requireReleased(files)),
    ...objects.filter(({ kind }) => kind === "Namespace").map((one) => otherStage(one, kubectl)),
    ifAllowed("StorageClasses", () => checkStorage(served, kubectl)),
    ifAllowed("CloudNativePG and its plugin", () => checkClusterOperator(served, kubectl)),
    ifAllowed("The API servers' addresses", () => checkApiServer(served, kubectl)),
    ifAllowed("Stores and issuers", () => checkIssuers(served, kubectl)),
    ...byNamespace(served, kubectl, (object) => [object]).map(({ there, own }) =>
      ifAllowed(`The quota of namespace ${there.namespace}`, () => checkQuota(own, there)),
    ),
  ];
  const found = together([problemsOf(unservedProblems(unserved)), ...(await Promise.all(checks))]);
  return { ...found, unserved: objects.filter((object) => unserved.has(kindOf(object))) };
}

const otherStage = (namespace: KubeObject, kubectl: Kubectl) =>
  ifAllowed("The namespace's stage", () => refusal(() => requireNoOtherStage(namespace, kubectl)));

/** Takes a refusal's message as a problem. */
async function refusal(check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return problemsOf([]);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return problemsOf([error.message]);
  }
}
