import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { digest } from "../common/digest";
import { DATABASE, MOVE_ROLE, PATHS, TLS_KEYS } from "../contract";
import type { DatabaseUser } from "../secrets/credentials";
import { labelsOf, type Part } from "./labels";
import { reloaderScript } from "./postgres-reloader-script";
import { NEARLY_FULL_CONFIG } from "./postgres-supervisor";

export const RELOADER_FILE = "reloader.sh";

export interface PostgresFiles {
  readonly "postgresql.conf": string;
  readonly "pg_hba.conf": string;
  readonly [RELOADER_FILE]: string;
}

/** Settings that are the same in every stage, with reasons for the less obvious ones. */
export const COMMON = {
  listen_addresses: "*",
  port: String(DATABASE.port),
  unix_socket_directories: "/var/run/postgresql",
  ssl: "on",
  ssl_cert_file: `${PATHS.tls}/${TLS_KEYS.certificate}`,
  ssl_key_file: `${PATHS.tls}/${TLS_KEYS.key}`,
  ssl_min_protocol_version: "TLSv1.2",
  // Lets the database move to another engine while it serves. Changing it restarts the server, so it is so from the start.
  wal_level: "logical",
  dynamic_shared_memory_type: "posix",
  // A pod that uses huge pages of its node without having requested them is killed with SIGBUS.
  huge_pages: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_destination: "stderr",
  logging_collector: "off",
  log_line_prefix: "%m [%p] %q%u@%d/%a ",
  log_lock_waits: "on",
  log_checkpoints: "on",
  log_autovacuum_min_duration: "1min",
  // Keeps rows, parameters and the failing SQL out of the log, even out of an error's detail: they are health data.
  // Messages that quote a value themselves are kept out by lib/roles, for sessions alone.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  // Finds vanished clients, so that they do not keep their locks, snapshots and connections.
  tcp_keepalives_idle: "60s",
  tcp_keepalives_interval: "10s",
  tcp_keepalives_count: "3",
  client_connection_check_interval: "10s",
  idle_in_transaction_session_timeout: "10min",
  checkpoint_completion_target: "0.9",
  random_page_cost: "1.1",
  track_io_timing: "on",
} as const;

/** The server's files: settings computed from its limits, access rules of its users, and the reloader's script. */
export function postgresFiles(
  settings: Readonly<Record<string, string>>,
  users: readonly DatabaseUser[],
): PostgresFiles {
  const lines = Object.entries({ ...COMMON, ...settings }).map(([name, value]) => `${name} = '${value}'`);
  lines.push(`include = '${NEARLY_FULL_CONFIG}'`);
  return {
    "postgresql.conf": `${lines.join("\n")}\n`,
    "pg_hba.conf": accessRules(users),
    [RELOADER_FILE]: reloaderScript(users),
  };
}

/** Each role comes to our database alone, the superuser to every one. The one for a move seldom exists. Everybody comes with TLS and a password. */
export const clientRules = (users: readonly DatabaseUser[]): readonly string[] => {
  const roles = users.filter((user) => user !== DATABASE.superuser);
  return [
    `hostssl all ${DATABASE.superuser} all scram-sha-256`,
    `hostssl ${DATABASE.name} ${[...roles, MOVE_ROLE].join(",")} all scram-sha-256`,
  ];
};

/**
 * Access rules of the server. The socket lies in a folder of this pod, and only the bootstrap superuser may use it: for
 * initdb, probes and a person's `kubectl exec`. Everybody else comes over the network.
 */
const accessRules = (users: readonly DatabaseUser[]) =>
  ["# type database user address method", `local all ${DATABASE.superuser} trust`, ...clientRules(users), ""].join(
    "\n",
  );

/**
 * Name of the ConfigMap that the server mounts. It ends in a digest of the content, so that a change makes a new
 * ConfigMap. A bad edit in place would go unnoticed until the next restart fails.
 */
export const postgresConfigName = (files: PostgresFiles) => `postgres-config-${digest(Object.values(files), 10)}`;

/** The server's configuration files. ConfigMaps of earlier releases stay for a rollback; you may delete them. */
export class PostgresConfig extends ConfigMap {
  constructor(scope: Construct, part: Part, files: PostgresFiles) {
    const metadata = { name: postgresConfigName(files), labels: labelsOf(part) };
    super(scope, "config", { metadata, immutable: true, data: { ...files } });
  }
}
