import type { E2e } from "../case";
import { query } from "../database";

/** Runs a statement, and another one to undo it. */
export const sql = (statement: string, undo: string) => async (e2e: E2e) => {
  await query(e2e, statement);
  return async () => {
    await query(e2e, undo);
  };
};
