import type { Client, DatabaseError } from "pg";
import { isLostConnection } from "../database/connection";
import { checksSql, tellCheck } from "../run/checks";
import { positionAt } from "../sql/position";
import type { Script } from "../sql/script";

/** A file's check, evaluated on the rows as they are now. */
export interface PlannedCheck {
  readonly line: number;
  readonly query: string;
  /** `impossible`: the server cannot evaluate it, for example because a table is not there yet. `unknown`: not in time. */
  readonly state: "holds" | "broken" | "impossible" | "unknown";
  /** The row that breaks it, or why it could not be evaluated. */
  readonly why?: string;
}

/** Evaluates each check of a file by itself, read-only. */
export async function evaluateChecks(client: Client, script: Script, timeoutSeconds: number): Promise<PlannedCheck[]> {
  const found: PlannedCheck[] = [];
  for (const check of script.checks) {
    const { line } = positionAt(script.text, check.start);
    const error = await tried(client, checksSql([check]), timeoutSeconds);
    const told = error && tellCheck({ ...script, checks: [check] }, error);
    const state = !error ? "holds" : !told ? "unknown" : told.broken ? "broken" : "impossible";
    const why = told?.text ?? (error?.code === "57014" ? `not evaluated within ${timeoutSeconds} s.` : error?.message);
    const query = check.query.replace(/\s+/g, " ").trim();
    found.push({ line, query, state, ...(why !== undefined && { why }) });
  }
  return found;
}

/** @throws if the connection is lost */
async function tried(client: Client, sql: string, timeoutSeconds: number): Promise<DatabaseError | undefined> {
  try {
    await client.query(
      `begin read only; set local statement_timeout = '${timeoutSeconds}s'; set local lock_timeout = '1s';\n${sql}`,
    );
    return undefined;
  } catch (error) {
    if (isLostConnection(error)) throw error;
    return error as DatabaseError;
  } finally {
    await client.query("rollback").catch(() => {});
  }
}
