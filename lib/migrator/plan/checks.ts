import type { Client, DatabaseError } from "pg";
import { refusal } from "../base/errors";
import { isLostConnection } from "../database/connection";
import type { Migration } from "../files/folder";
import { checksSql, tellCheck } from "../run/checks";
import { positionAt } from "../sql/position";
import type { Script } from "../sql/script";
import type { Checked } from "../state/preflight";

/** A file's check, evaluated on the rows as they are now. */
export interface PlannedCheck {
  readonly line: number;
  readonly query: string;
  /** `impossible`: the server cannot evaluate it, for example because a table is not there yet. `unknown`: not in time. */
  readonly state: "holds" | "broken" | "impossible" | "unknown";
  /** The row that breaks it, or why it could not be evaluated. */
  readonly why?: string;
}

/** Evaluates the checks of a migration. A file that goes on where it stopped is not checked again. */
export async function checksOf(
  { version, files }: Migration,
  { comparison, scripts }: Checked,
  client: Client,
  timeoutSeconds: number,
): Promise<PlannedCheck[]> {
  const script = comparison.unfinished?.version === version ? undefined : scripts.get(files.up);
  return script ? evaluate(client, script, timeoutSeconds) : [];
}

/**
 * Refuses what `up` would refuse now, by the checks of the first file. What those of a later file say may change before
 * its turn. @throws MigrateError `refused`
 */
export function refuseBroken(
  first: { readonly file: string; readonly checks: readonly PlannedCheck[] } | undefined,
): void {
  const broken = first?.checks.filter(({ state }) => state === "broken" || state === "impossible") ?? [];
  if (!first || broken.length === 0) return;
  const problems = broken.map(({ line, query, why }) => `${first.file}:${line}: ${query}\n${why}`);
  throw refusal("Refused by a check:", problems);
}

/** Evaluates each check by itself, read-only. */
async function evaluate(client: Client, script: Script, timeoutSeconds: number): Promise<PlannedCheck[]> {
  const found: PlannedCheck[] = [];
  for (const check of script.checks) {
    const { line } = positionAt(script.text, check.start);
    const error = await tried(client, checksSql([check]), timeoutSeconds);
    const told = error && tellCheck({ ...script, checks: [check] }, error, false);
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
