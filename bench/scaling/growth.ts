import { markdown } from "../report";
import type { RowSize } from "./data";

/** Rows of each table for a person, and how often a person asks. These are assumptions, not measurements. */
const ASSUMED = {
  assessmentsPerYear: 2,
  yearsKept: 5,
  /** Rows for each assessment. */
  reports: 1,
  /** One when it is made, one for its report, and eight when it is read. */
  auditRows: 10,
  /** Live and unpurged sessions. A session lasts a day. */
  sessions: 0.1,
  /** The busiest second has this many times the requests of the mean one. */
  peak: 10,
} as const;

/** Seconds for a gigabyte, from the run of bench:restore that bench/README.md has. */
const BACKUP_SECONDS = 25.7;
const RESTORE_SECONDS = 94.1;

const PEOPLE = [1e6, 10e6, 100e6];
const SECONDS_A_YEAR = 365.25 * 86_400;

/** Rows for one person. */
function rowsOf(table: string): number {
  const assessments = ASSUMED.assessmentsPerYear * ASSUMED.yearsKept;
  const rows: Readonly<Record<string, number>> = {
    users: 1,
    auth_sessions: ASSUMED.sessions,
    assessments,
    reports: assessments * ASSUMED.reports,
    audit_logs: assessments * ASSUMED.auditRows,
  };
  return rows[table] ?? 0;
}

/**
 * Tabulates the bytes of a row, which were measured, and what follows from them for 1, 10 and 100 million people: size,
 * hours of a dump and of its restore, rate of writes.
 */
export function growth(sizes: readonly RowSize[]): string {
  const measured = sizes.map(({ table: name, rows, heap, indexes }) => [
    name,
    String(rows),
    heap.toFixed(0),
    indexes.toFixed(0),
    ...PEOPLE.map((people) => gigabytes(people * rowsOf(name) * (heap + indexes))),
  ]);
  const person = sizes.reduce((sum, { table: name, heap, indexes }) => sum + rowsOf(name) * (heap + indexes), 0);
  const total = ["all", "", "", "", ...PEOPLE.map((people) => gigabytes(people * person))];
  const hours = (seconds: number) => PEOPLE.map((people) => ((people * person * seconds) / 1e9 / 3600).toFixed(1));
  const writes = PEOPLE.map((people) => (people * ASSUMED.assessmentsPerYear * ASSUMED.peak) / SECONDS_A_YEAR);
  const computed = [
    ["hours of a dump", "", "", "", ...hours(BACKUP_SECONDS)],
    ["hours of its restore", "", "", "", ...hours(RESTORE_SECONDS)],
    ["assessments a second at the peak", "", "", "", ...writes.map((rate) => rate.toFixed(1))],
  ];
  const heads = ["", "rows", "row B", "its indexes B", ...PEOPLE.map((people) => `${people / 1e6} million: GB`)];
  return markdown([heads, ...measured, total, ...computed]);
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0);
