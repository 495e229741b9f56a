import type { RunnerOptions } from "../run/attempt";
import type { Unfinished } from "../state/unfinished";
import { type Settlement, settle, type Trace } from "./traces";

/** Drops the INVALID indexes of a statement that will not be resumed. */
export async function giveUp({ rows }: Unfinished, options: RunnerOptions): Promise<void> {
  const trace = traceOf(rows.at(-1));
  if (!trace) return;
  const settlement = await settle(options.client, trace);
  tellLeftovers(settlement, options);
  for (const sql of settlement.invalid.length > 0 ? settlement.repair : []) await options.client.query(sql);
}

/** Reads the trace of a statement that was begun and not finished. */
export function traceOf(row: Unfinished["rows"][number] | undefined): Trace | undefined {
  return row && !row.finished && "kind" in row.detail ? (row.detail as unknown as Trace) : undefined;
}

/** Warns about each INVALID index and what becomes of it. */
export function tellLeftovers({ invalid, kept }: Settlement, { log }: RunnerOptions): void {
  const tell = (name: string, message: string) =>
    log({ level: "warn", event: "invalid-index", message: `The index ${name} is INVALID: ${message}`, index: name });
  for (const name of invalid) tell(name, "it was being made when a run stopped. It is dropped, and made again.");
  for (const name of kept)
    tell(
      name,
      `it was being made when a run stopped, and this role may not drop it. It costs writes alone; have a superuser run: drop index concurrently ${name}.`,
    );
}
