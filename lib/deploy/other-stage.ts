import { STAGE_LABEL } from "../stages/stage";
import type { Kubectl, KubeObject } from "./kubectl";
import { ManifestError, reference } from "./manifests";

/** The namespace of a stage that is not synthesized yet. */
export const namespaceOf = (stage: string, name: string): KubeObject => ({
  kind: "Namespace",
  metadata: { name, labels: { [STAGE_LABEL]: stage } },
});

/**
 * Refuses a namespace in which another stage lives, as a copied stage and the wrong context have it: its database would be
 * taken over and its passwords replaced. @throws ManifestError
 */
export async function requireNoOtherStage(namespace: KubeObject, kubectl: Kubectl): Promise<void> {
  const { name, labels } = namespace.metadata;
  const stage = labels?.[STAGE_LABEL];
  const living = (await kubectl.get(reference(namespace)))?.metadata.labels?.[STAGE_LABEL];
  if (living === undefined || living === stage) return;
  throw new ManifestError(
    `Namespace ${name} of this cluster is stage ${living}'s, and ${stage} would replace it. Choose ${stage}'s cluster (kubectl config ` +
      `use-context …), or give it another namespace in lib/stages/${stage}.ts and lib/stages/released.ts. If it shall take ${living}'s place: ` +
      `kubectl label namespace ${name} ${STAGE_LABEL}-`,
  );
}
