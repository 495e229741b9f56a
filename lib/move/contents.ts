import type { DatabaseContents } from "../backup/contents";
import { CONTENTS_SQL } from "../backup/contents-sql";
import type { Server } from "./server";
import { sql } from "./sql";

/** Counts and hashes every table in one snapshot: the same statement and so the same manifest as a dump's. */
export async function readContents(server: Server): Promise<DatabaseContents> {
  const found = await server.run("begin isolation level repeatable read read only", CONTENTS_SQL, "commit");
  return found as DatabaseContents;
}

/**
 * Brings every sequence to where it is on the other server. The commit waits until a synchronous replica has it, and so has all
 * that came before.
 */
export async function copySequences(from: Server, to: Server): Promise<void> {
  const statements = String(await from.run(sql("sequences.sql")));
  if (statements !== "") await to.run(`do $move$ begin ${statements} end $move$`);
}
