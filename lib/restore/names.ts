import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";

/** StatefulSet of the live database. */
export const SERVER = `statefulset/${POSTGRES_IDENTITY.name}`;

/** The live database's claim, `data-postgres-0`. Its volume is the database. */
export const LIVE_CLAIM = `${POSTGRES_IDENTITY.claim}-${POSTGRES_POD}`;

/** Value of the `app` label of everything that a restore makes, and name of its network policy. */
export const RESTORE_APP = "restore";

/** ConfigMap with the confirmed plan. It is there while volumes are being swapped. */
export const PLAN_NAME = "restore-plan";

/** Label of the restore's claim and pod. Its value is the backup's id. */
export const BACKUP_LABEL = "diabrisk.io/backup";

/** Label of a volume that was replaced. Its value is the namespace that it served. */
export const KEPT_LABEL = "diabrisk.io/kept-for";

/** Annotations of a volume that was replaced. */
export const KEPT = {
  /** Time of the swap. */
  at: "diabrisk.io/kept-at",
  /** Why it was replaced, and how to go back or to remove it. */
  why: "diabrisk.io/kept-because",
} as const;

/** Name of the claim and the pod of a restore: an id in lower case, as Kubernetes' names are. */
export const restoreName = (backup: string) => `restore-${backup.toLowerCase()}`;
