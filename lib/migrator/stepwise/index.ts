import type { QueryResult } from "pg";
import { EVERY_ROW } from "../database/connection";
import { WRITES } from "../database/read-only";
import type { RunnerOptions } from "../run/attempt";
import type { StepwiseJob } from "./job";
import { Recorder } from "./progress";
import { StepwiseRun } from "./run";

export { giveUp } from "./leftovers";

/**
 * Runs a file marked `-- migrate:no-transaction` from where an earlier run stopped. Resolves with its milliseconds.
 * @throws MigrateError `sql`, `refused`, `signalled`, or `unreachable` if the connection is lost
 */
export async function runStepwise(job: StepwiseJob, options: RunnerOptions): Promise<number> {
  const started = performance.now();
  const session = await openSession(options);
  const recorder = new Recorder(job.migration.version, job.direction, session.role);
  await new StepwiseRun(job, options, recorder).run();
  return performance.now() - started;
}

/** Sets the limits, which the file may change, and returns the role that owns the record. */
async function openSession({ client, limits }: RunnerOptions): Promise<{ role: string }> {
  const { lockTimeoutSeconds, statementTimeoutSeconds, watchClient } = limits;
  const results = (await client.query(
    `select current_setting('role') as role; ${WRITES}; set lock_timeout = '${lockTimeoutSeconds}s'; set statement_timeout = '${statementTimeoutSeconds}s'; set ${EVERY_ROW}${
      watchClient
        ? "; set client_connection_check_interval = 500; set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3"
        : ""
    }`,
  )) as unknown as QueryResult<{ role: string }>[];
  return { role: results[0]?.rows[0]?.role ?? "none" };
}
