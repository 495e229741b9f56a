import { type AlertGroup, alertKey } from "../../../lib/monitoring";
import type { AlertFault } from "./fault";

type Alert = AlertGroup["alerts"][number];

/** Minutes that a fault may last in a run. */
export const LONGEST_MINUTES = 20;

const MINUTES: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60, d: 1440 };

/** Transactions that a server of two cores gives out in a minute, at the very most. */
const TRANSACTIONS_A_MINUTE = 60 * 50_000;

/** Minutes for which a fault has to last before the alert fires, as its rule says. */
export function patienceOf({ expr, for: lasts = "0m" }: Alert): number {
  const duration = (text: string) => Number.parseInt(text, 10) * (MINUTES[text.slice(-1)] ?? 0);
  // An age that the database counts itself, and numbers of which there are so many. A row can be made old.
  const age = /(?<!pg_erasure_oldest_document)_seconds\{[^}]*\}\) > (\d+)$/.exec(expr)?.[1] ?? 0;
  const [, numbers = 0, share = 0] = /\/ (\d+) > ([\d.]+)$/.exec(expr) ?? [];
  // A prediction needs so much of the past.
  const predicted = /predict_linear\(.*\[(\d+[a-z])\]/.exec(expr)?.[1] ?? "0m";
  return (
    duration(lasts) + duration(predicted) + Number(age) / 60 + (Number(numbers) * Number(share)) / TRANSACTIONS_A_MINUTE
  );
}

/** Lists the alerts that none of these faults raises, with the minutes that a fault would have to last. */
export function leftToPromtool(
  alerts: readonly Alert[],
  faults: readonly AlertFault[],
): Readonly<Record<string, number>> {
  const raised = new Set(faults.flatMap((fault) => fault.alerts));
  const left = alerts.filter((alert) => !raised.has(alertKey(alert)));
  return Object.fromEntries(left.map((alert) => [alertKey(alert), Math.round(patienceOf(alert))]));
}
