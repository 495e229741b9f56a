import { BACKUP_FAULTS } from "./backups";
import type { AlertFault } from "./fault";
import { REQUEST_FAULTS } from "./requests";
import { SCHEMA_FAULTS } from "./schema";
import { SCRAPING_FAULTS } from "./scraping";
import { SERVER_FAULTS } from "./server";
import { SESSION_FAULTS } from "./sessions";
import { TLS_FAULTS } from "./tls";
import { VOLUME_FAULTS } from "./volumes";

export { madeForAlerts } from "./backups";
export { CLUSTER_FAULTS } from "./cluster";
export type { AlertFault } from "./fault";
export { leftToPromtool } from "./patience";
export { shareOut } from "./share-out";

/** Faults that every stage can have, shown on one with a StatefulSet. */
export const ALERT_FAULTS: readonly AlertFault[] = [
  ...SERVER_FAULTS,
  ...SESSION_FAULTS,
  ...SCHEMA_FAULTS,
  ...VOLUME_FAULTS,
  ...BACKUP_FAULTS,
  ...TLS_FAULTS,
  ...SCRAPING_FAULTS,
  ...REQUEST_FAULTS,
];
