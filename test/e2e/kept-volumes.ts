import type { KubeObject } from "../../lib/deploy/kubectl";
import { KEPT_LABEL, LIVE_CLAIM } from "../../lib/restore/names";
import type { E2e } from "./case";

/** The volume of the live database. */
export async function liveVolume({ kubectl, namespace }: E2e): Promise<string> {
  const claim = await kubectl.in(namespace).get(`persistentvolumeclaim/${LIVE_CLAIM}`);
  return String(claim?.spec?.volumeName);
}

/** The volumes that restores have replaced, with what becomes of them when their claim goes. */
export async function keptVolumes({ kubectl, namespace }: E2e): Promise<readonly string[]> {
  const volumes = await kubectl.list("persistentvolumes", `${KEPT_LABEL}=${namespace}`);
  return volumes.map(({ metadata, spec }) => `${metadata.name} ${spec?.persistentVolumeReclaimPolicy}`);
}

/** Has the kept volumes removed at the end, which is what keeps them from going with the namespace. */
export function letVolumesGo(e2e: E2e): void {
  const patch = JSON.stringify({ spec: { persistentVolumeReclaimPolicy: "Delete" } });
  e2e.cleanUp(`kept volumes of ${e2e.namespace}`, async () => {
    const volumes = (await e2e.kubectl.list("persistentvolumes")).filter((volume) => belongs(volume, e2e.namespace));
    for (const { metadata } of volumes) await e2e.kubectl.run(["patch", "pv", metadata.name, `--patch=${patch}`]);
  });
}

const belongs = ({ spec }: KubeObject, namespace: string) =>
  (spec?.claimRef as { namespace?: string } | undefined)?.namespace === namespace;
