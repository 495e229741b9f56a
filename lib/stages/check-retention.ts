import { checkTimes } from "./check-backup";
import { wholeNumber } from "./quantity";
import { parseSchedule } from "./schedule";
import type { Stage } from "./stage";

/** Refuses numbers that delete too early, never, or by a slip, and a start at another Job's minute. */
export function checkRetention(stage: Stage): string[] {
  const { retention } = stage;
  return [
    ...checkTimes("retention", retention),
    ...checkMinute(stage),
    ...wholeNumber("retention.sessionDays", retention.sessionDays, 0, MOST_SESSION_DAYS),
    ...checkAuditMonths(stage),
    ...wholeNumber("retention.partitionsAheadMonths", retention.partitionsAheadMonths, 1, 24),
  ];
}

/** A year: an ended session is of use to whoever looks into a login, and holds an address. */
const MOST_SESSION_DAYS = 366;
/** Thirty years, the longest that laws on records of patients ask for. */
const MOST_AUDIT_MONTHS = 360;
/** Dropping entries cannot be undone. Years written as months would drop most of the log. */
const LEAST_AUDIT_MONTHS = { dev: 3, others: 12 } as const;

function checkAuditMonths({ name, retention: { auditMonths } }: Stage): string[] {
  const field = "retention.auditMonths";
  const least = name === "dev" ? LEAST_AUDIT_MONTHS.dev : LEAST_AUDIT_MONTHS.others;
  const problems = wholeNumber(field, auditMonths, 1, MOST_AUDIT_MONTHS);
  if (problems.length > 0 || auditMonths >= least) return problems;
  return [
    `${field} is ${auditMonths}, but it counts months, and what is dropped never comes back: laws ask for years. ` +
      `Set it to at least ${least}; HIPAA's six years are 72.`,
  ];
}

/** Dumps hold locks that a dropped month waits for. */
function checkMinute({ retention, backup, cluster }: Stage): string[] {
  const own = parseSchedule(retention.schedule);
  const drill = cluster?.archive?.drill;
  const others = [
    ["backup.schedule", backup.schedule],
    ["backup.drill.schedule", backup.drill.schedule],
    ...(drill ? [["cluster.archive.drill.schedule", drill.schedule] as const] : []),
  ] as const;
  return others
    .filter(([, schedule]) => [...(parseSchedule(schedule)?.starts ?? [])].some((start) => own?.starts.has(start)))
    .map(
      ([field, schedule]) =>
        `retention.schedule is "${retention.schedule}", which comes in the same minute as ${field}, "${schedule}", so each would ` +
        "wait for the other's locks. Set it to another minute.",
    );
}
