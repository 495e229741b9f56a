import type { KubeObject } from "../deploy/kubectl";
import { POSTGRES_IDENTITY } from "../postgres/identity";
import { BACKUP_LABEL, RESTORE_APP, restoreName } from "./names";

/**
 * Claim of the restored database's volume, of the live one's size and class.
 * @param live the live claim, which may have been grown since. @default none: the size of the StatefulSet's template
 */
export function restoreClaim(backup: string, server: KubeObject, live?: KubeObject): KubeObject {
  const templates = (server.spec as { volumeClaimTemplates: readonly { metadata: { name: string }; spec: object }[] })
    .volumeClaimTemplates;
  const template = templates.find(({ metadata }) => metadata.name === POSTGRES_IDENTITY.claim);
  if (!template) throw new TypeError(`The StatefulSet has no claim template ${POSTGRES_IDENTITY.claim}.`);
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: restoreName(backup), labels: { app: RESTORE_APP, [BACKUP_LABEL]: backup } },
    spec: { ...template.spec, ...(live?.spec?.resources !== undefined && { resources: live.spec.resources }) },
  };
}
