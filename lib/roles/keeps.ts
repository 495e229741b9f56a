import { escapeIdentifier } from "pg";
import type { Session } from "./session";

/** How long the database keeps what the retention deletes. The role of that may delete nothing younger. */
export interface Keeps {
  /** Months for which entries of the audit log are kept. */
  readonly auditMonths: number;
  /** Days for which sessions are kept after they ended. */
  readonly sessionDays: number;
}

/** Settings of the database that migrations 000005 and 000006 read. Only its owner and the superuser may change them. */
const SETTINGS = { auditMonths: "diabrisk.audit_months", sessionDays: "diabrisk.session_days" } as const;

/** Sets how long the database keeps what is given, and leaves the rest as it is. */
export async function convergeKeeps(session: Session, keeps: Partial<Keeps>): Promise<void> {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const wanted = keeps[name as keyof Keeps];
    const [row] = await session.rows<{ database: string; now: string | null }>(CURRENT, [setting]);
    if (wanted === undefined || !row || row.now === String(wanted)) continue;
    const sql = `alter database ${escapeIdentifier(row.database)} set ${setting} = '${Number(wanted)}'`;
    await session.change(sql, `retention: ${setting} is ${wanted}, was ${row.now ?? "not set"}`);
  }
}

const CURRENT = `
  select current_database() as database, (
    select substr(entry, length($1) + 2) from pg_db_role_setting, unnest(setconfig) as entry
    where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database())
      and lower(split_part(entry, '=', 1)) = $1) as now`;
