import { DATABASE } from "../../../lib/contract";
import { CLUSTER_IDENTITY } from "../../../lib/postgres/identity";
import type { E2e } from "../case";
import { replicaName, untilHealthy } from "../cluster";
import { query } from "../database";
import { NO_ARCHIVE_DRILL } from "./backups";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { changePolicy } from "./policies";
import { without } from "./without";

/** The instances reach the bucket no more, and there is something to archive. */
async function cutOffArchive(e2e: E2e): Promise<() => Promise<void>> {
  const bucket = Number(new URL(e2e.stage.cluster?.archive?.target.endpoint ?? "").port);
  const end = await changePolicy(e2e, CLUSTER_IDENTITY.app, ({ egress }) => ({
    egress: egress.filter(({ ports = [] }) => !ports.some(({ port }) => port === bucket)),
  }));
  await query(e2e, `${WRITE}; select pg_switch_wal()`);
  return end;
}

/** Changes nothing, and is written to the log. */
const WRITE = "update schema_migrations set dirty = dirty";

/** Has a replica replay nothing of what it gets. */
async function pauseReplay(e2e: E2e): Promise<() => Promise<void>> {
  const replica = await replicaName(e2e);
  const psql = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-c"];
  const ask = (sql: string) => e2e.kubectl.run(["exec", replica, "--container=postgres", "--", ...psql, sql]);
  await ask("select pg_wal_replay_pause()");
  await query(e2e, WRITE);
  return async () => {
    await ask("select pg_wal_replay_resume()");
  };
}

/** Stops PostgreSQL in these instances, as the operator's fencing does. */
const fenced = (choose: (e2e: E2e) => Promise<readonly string[]>) => async (e2e: E2e) => {
  const annotate = (annotation: string) =>
    e2e.kubectl.run(["annotate", `cluster.postgresql.cnpg.io/${CLUSTER_IDENTITY.name}`, annotation, "--overwrite"]);
  await annotate(`cnpg.io/fencedInstances=${JSON.stringify(await choose(e2e))}`);
  return async () => {
    await annotate("cnpg.io/fencedInstances-");
    await untilHealthy(e2e);
  };
};

/** Faults that only a stage with replicas and an archive can have. */
export const CLUSTER_FAULTS: readonly AlertFault[] = [
  NO_ARCHIVE_DRILL,
  {
    name: "a replica replays nothing",
    alerts: ["PostgresReplicationLag warning"],
    seconds: 2 * MINUTE + SCRAPES,
    begin: pauseReplay,
  },
  {
    name: "all instances are fenced",
    alerts: ["PostgresDown critical"],
    seconds: MINUTE + SCRAPES,
    begin: fenced(async () => ["*"]),
  },
  {
    name: "a replica is fenced",
    alerts: ["PostgresInstancesMissing warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: fenced(async (e2e) => [await replicaName(e2e)]),
  },
  {
    name: "nobody scrapes the instances",
    alerts: ["PostgresInstanceMetricsMissing warning"],
    // The operator takes a minute to tell Prometheus, which finds the last values for five more.
    seconds: 16 * MINUTE + SCRAPES,
    begin: (e2e) => without(e2e, `podmonitor/${CLUSTER_IDENTITY.name}`),
  },
  {
    name: "the archive's bucket cannot be reached",
    alerts: ["PostgresWalNotArchived critical", "PostgresWalNotArchived warning"],
    // None archived in three minutes, and so for fifteen.
    seconds: 18 * MINUTE + SCRAPES,
    begin: cutOffArchive,
  },
];
