import { CannotRun } from "../cannot-run";

/** How much of each kind a database has. */
export interface Size {
  /** Names the size and its database. */
  readonly name: string;
  readonly assessments: number;
  readonly audit: number;
  readonly people: number;
  /** People who look at others' assessments; each reads as much at every size. */
  readonly clinicians: number;
}

const ASSESSMENTS_A_PERSON = 10;
const PEOPLE_A_CLINICIAN = 1000;

export function sizeOf(name: string, assessments: number, audit: number): Size {
  const people = Math.ceil(assessments / ASSESSMENTS_A_PERSON);
  return { name, assessments, audit, people, clinicians: Math.ceil(people / PEOPLE_A_CLINICIAN) };
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6 };

/** Reads a number of rows such as `250000`, `100k` or `2.5M`. @throws CannotRun */
export function rowsIn(option: string, text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text) ?? [];
  const rows = Number(digits) * (UNITS[unit] ?? 0);
  if (Number.isInteger(rows) && rows >= LEAST) return rows;
  throw new CannotRun(
    `--${option} is ${text}, which is no number of rows from ${LEAST} on. Write it like 250000, 100k or 2.5M.`,
  );
}

const LEAST = 10_000;
