import type { E2e } from "../case";

/** A fault on the real cluster, and the alerts that it raises. */
export interface AlertFault {
  readonly name: string;
  /** Alerts, as `<name> <severity>` with the window if they have one, that fire in the end. */
  readonly alerts: readonly string[];
  /** Alerts that may fire before or with them. @default none */
  readonly also?: readonly string[];
  /** Alerts that may outlive it by hours, since they look back so far. @default none */
  readonly lingers?: readonly string[];
  /** Seconds within which the alerts fire. */
  readonly seconds: number;
  /** Seconds for which the alerts look back, so that they go on after the fault. @default 0 */
  readonly fades?: number;
  /** Makes the fault, and returns what ends it. */
  begin(e2e: E2e): Promise<() => Promise<void>>;
}

/** Seconds for a scrape, a judgement, and the time that a busy cluster takes to show a fault. */
export const SCRAPES = 90;
export const MINUTE = 60;
