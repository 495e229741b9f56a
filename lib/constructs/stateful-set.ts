import { KubePersistentVolumeClaim, KubeStatefulSet } from "../../imports/k8s";

interface ClaimTemplate {
  readonly spec?: object;
}

/**
 * A StatefulSet whose claim templates hold what the API server would add to them. `kubectl apply` compares these lists whole:
 * without it, applying again says "configured" although nothing changes.
 */
export class StatefulSet extends KubeStatefulSet {
  override toJson(): ReturnType<KubeStatefulSet["toJson"]> {
    const manifest = super.toJson();
    const { volumeClaimTemplates } = manifest.spec as { volumeClaimTemplates: readonly ClaimTemplate[] };
    return { ...manifest, spec: { ...manifest.spec, volumeClaimTemplates: volumeClaimTemplates.map(completed) } };
  }
}

const completed = (claim: ClaimTemplate) => ({
  ...KubePersistentVolumeClaim.GVK,
  ...claim,
  spec: { ...claim.spec, volumeMode: "Filesystem" },
  status: { phase: "Pending" },
});
