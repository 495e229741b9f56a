import { postgresSettings } from "../postgres/settings";
import { parseMebibytes, parseQuantity } from "../stages/quantity";
import type { DatabaseStage } from "../stages/stage";
import { COMMON } from "./postgres-config";

/** Settings that the operator fixes, and refuses in a Cluster. Its images log as CSV, which has no line prefix. */
const OPERATORS: ReadonlySet<string> = new Set([
  ...["listen_addresses", "port", "unix_socket_directories", "ssl", "ssl_cert_file", "ssl_key_file"],
  // Logical, too.
  "wal_level",
  ...["log_destination", "logging_collector", "log_line_prefix"],
  // The operator's default is 1.3.
  "ssl_min_protocol_version",
]);

/**
 * Lets the archive's drill count a replica to the end: the primary keeps the rows that it reads. A longer wait of the replay
 * would also hold up a promotion. Nobody else reads from replicas.
 */
const REPLICAS = { hot_standby_feedback: "on" } as const;

/** CSV has an entry's context whatever the verbosity, and the context of a COPY that waits for a lock is a row. */
const LOG = { log_lock_waits: "off" } as const;

/** The StatefulSet's settings, less the operator's. The log has a volume of its own, so its limits follow that one. */
export function clusterParameters({ resources, storage }: DatabaseStage, walStorage: string): Record<string, string> {
  const of = (volume: string) =>
    postgresSettings({
      memory: parseMebibytes(resources.limits.memory) ?? 0,
      cpu: parseQuantity(resources.limits.cpu) ?? 0,
      volume: parseMebibytes(volume) ?? 0,
    });
  const { max_wal_size, min_wal_size, max_slot_wal_keep_size } = of(walStorage);
  const all = { ...COMMON, ...REPLICAS, ...LOG, ...of(storage), max_wal_size, min_wal_size, max_slot_wal_keep_size };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined || OPERATORS.has(name) ? [] : [[name, value] as const],
    ),
  );
}
