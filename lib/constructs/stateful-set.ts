import { KubePersistentVolumeClaim, KubeStatefulSet } from "../../imports/k8s";

interface ClaimTemplate {
  readonly spec?: object;
}

/**
 * A StatefulSet that spells out the API server's defaults in its claim templates. `kubectl apply` compares these lists
 * as a whole: without the defaults it says "configured" although nothing changes.
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
