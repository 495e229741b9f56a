import type { PostgresBudget } from "../../lib/postgres/settings";

export interface Knob {
  readonly name: string;
  readonly values: readonly string[];
}

const mebibytes = (amount: number) => `${Math.floor(amount)}MB`;

/**
 * Settings to search over, each with values that advice elsewhere names. Settings that make a commit less safe
 * are left out, and so is `max_connections`, which is what a stage has to offer. A longer `gin_pending_list_limit` would win
 * any short round: it puts the work off, and cohort queries pay for it.
 */
export function knobs({ memory, volume }: PostgresBudget): readonly Knob[] {
  return [
    { name: "shared_buffers", values: [0.4, 0.125, 0.55].map((share) => mebibytes(memory * share)) },
    { name: "max_wal_size", values: [mebibytes(volume / 5), mebibytes(Math.max(volume / 80, 64))] },
    { name: "wal_compression", values: ["pglz"] },
    { name: "commit_delay", values: ["500"] },
    { name: "checkpoint_timeout", values: ["30min"] },
    { name: "effective_cache_size", values: [mebibytes(memory * 0.75)] },
    { name: "random_page_cost", values: ["4"] },
    { name: "work_mem", values: [mebibytes(Math.max(memory / 32, 4)), "1MB"] },
    { name: "autovacuum_vacuum_cost_limit", values: ["2000"] },
    { name: "autovacuum_vacuum_insert_scale_factor", values: ["0.05"] },
  ];
}
