import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { digest } from "../common/digest";
import { DATABASE, PATHS, TLS_KEYS } from "../contract";
import { labelsOf, type Part } from "./labels";
import { RELOADER } from "./postgres-reloader-script";
import { NEARLY_FULL_CONFIG } from "./postgres-supervisor";

export const RELOADER_FILE = "reloader.sh";

export interface PostgresFiles {
  readonly "postgresql.conf": string;
  readonly "pg_hba.conf": string;
  readonly [RELOADER_FILE]: string;
}

/** The configuration that is the same in every stage, each setting with its reason where it is not the default's opposite. */
const COMMON = {
  listen_addresses: "*",
  port: String(DATABASE.port),
  unix_socket_directories: "/var/run/postgresql",
  ssl: "on",
  ssl_cert_file: `${PATHS.tls}/${TLS_KEYS.certificate}`,
  ssl_key_file: `${PATHS.tls}/${TLS_KEYS.key}`,
  ssl_min_protocol_version: "TLSv1.2",
  dynamic_shared_memory_type: "posix",
  timezone: "UTC",
  log_timezone: "UTC",
  log_destination: "stderr",
  logging_collector: "off",
  log_line_prefix: "%m [%p] %q%u@%d/%a ",
  log_lock_waits: "on",
  log_checkpoints: "on",
  log_autovacuum_min_duration: "1min",
  // Rows and parameters are health data: the log must not quote them, not even in an error's detail.
  log_error_verbosity: "terse",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  // A client that vanished must not keep its locks, its snapshot or its connection.
  tcp_keepalives_idle: "60s",
  tcp_keepalives_interval: "10s",
  tcp_keepalives_count: "3",
  client_connection_check_interval: "10s",
  idle_in_transaction_session_timeout: "10min",
  checkpoint_completion_target: "0.9",
  random_page_cost: "1.1",
  track_io_timing: "on",
} as const;

/** The pod's files: `settings` computed from the server's limits, who may connect how, what follows the Secrets. */
export function postgresFiles(settings: Readonly<Record<string, string>>): PostgresFiles {
  const lines = Object.entries({ ...COMMON, ...settings }).map(([name, value]) => `${name} = '${value}'`);
  lines.push(`include = '${NEARLY_FULL_CONFIG}'`);
  return { "postgresql.conf": `${lines.join("\n")}\n`, "pg_hba.conf": HBA, [RELOADER_FILE]: RELOADER };
}

/**
 * The socket is in a folder that only this pod has; the bootstrap superuser alone may use it: initdb's own steps, probes and
 * a person's `kubectl exec` do. Over the network everybody proves a password, and without TLS nobody gets so far.
 */
const HBA = `# type database user address method
local all ${DATABASE.superuser} trust
hostssl all all all scram-sha-256
`;

/**
 * Name of the ConfigMap that the server mounts. It has its content's digest, since it cannot be edited: with one that was
 * edited badly the server runs on, and does not come back after its next restart.
 */
export const postgresConfigName = (files: PostgresFiles) => `postgres-config-${digest(Object.values(files), 10)}`;

/** The server's configuration files. Those of earlier releases stay beside it, for a rollback; delete them at will. */
export class PostgresConfig extends ConfigMap {
  constructor(scope: Construct, part: Part, files: PostgresFiles) {
    const metadata = { name: postgresConfigName(files), labels: labelsOf(part) };
    super(scope, "config", { metadata, immutable: true, data: { ...files } });
  }
}
