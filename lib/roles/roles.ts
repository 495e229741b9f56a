import { CLIENT_ROLE, type LoginRole, OWNER_ROLE, RESERVED_CONNECTIONS } from "../contract";

/** A role's definition. Privileges on tables are in privileges.ts. */
export interface RoleDefinition {
  readonly comment: string;
  /** Maximum of sessions, given the server's `max_connections` and those of all clients; -1 for no limit. */
  readonly connectionLimit: (connections: number, ofClients: number) => number;
  /** Roles that it is a member of, and no others. `inherit`: uses their privileges without SET ROLE. */
  readonly memberOf: Readonly<Record<string, { readonly inherit: boolean }>>;
  /** Settings of its sessions. Others that an operator has set stay. */
  readonly settings: Readonly<Record<string, string>>;
  /** Settings in this database alone. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
}

/**
 * Settings of every role's sessions, also of roles that others make. Errors and warnings quote values, such as
 * `invalid input syntax for type integer: "…"`, so they go to the client alone. `log` is above `error` here: logins,
 * lock waits and ended sessions stay in the server's log, and so do errors of processes that have no session.
 */
export const EVERY_ROLE = { log_min_messages: "log" } as const;

const READ_ONLY_SESSIONS = 3;

/**
 * Limits each session on the data volume. The server's limit is a tenth of the volume, which many sessions together would
 * fill. Neither role sorts much.
 */
const LITTLE_SPACE = { temp_file_limit: "8MB" } as const;

const unlimited = () => -1;

export const ROLES: Readonly<Record<typeof OWNER_ROLE | typeof CLIENT_ROLE | LoginRole, RoleDefinition>> = {
  [CLIENT_ROLE]: {
    comment: "Names the roles of services that run their own SQL. Has no privilege, and nobody logs in as it.",
    connectionLimit: unlimited,
    memberOf: {},
    settings: {},
  },
  [OWNER_ROLE]: {
    comment: "Owns the database and everything in it. Nobody logs in as it: migrator becomes it.",
    connectionLimit: unlimited,
    // Needed to name the session that holds a lock.
    memberOf: { pg_read_all_stats: { inherit: true } },
    settings: {},
  },
  migrator: {
    comment: "Changes the schema, as owner: whatever it makes belongs to owner.",
    // Two for each run that is under way, and some for what was killed and is not noticed yet.
    connectionLimit: () => 10,
    // Does not inherit, so that nothing is created as migrator's own.
    memberOf: { [OWNER_ROLE]: { inherit: false } },
    // No timeouts, because each migration sets its own.
    settings: {},
    databaseSettings: { role: OWNER_ROLE },
  },
  data_svc: {
    comment: "The data service: adds assessments with their audit entries, and reads them.",
    connectionLimit: (connections, ofClients) => Math.max(1, connections - RESERVED_CONNECTIONS - ofClients),
    memberOf: {},
    // Far above the service's own limits: a net for a lost session that holds locks.
    settings: {
      statement_timeout: "30s",
      idle_in_transaction_session_timeout: "30s",
      lock_timeout: "10s",
      ...LITTLE_SPACE,
    },
  },
  readonly: {
    comment: "People who look. Sees no person, no token_hash, and features in deidentified alone.",
    connectionLimit: () => READ_ONLY_SESSIONS,
    memberOf: {},
    // An open transaction would keep vacuum from cleaning up.
    settings: {
      default_transaction_read_only: "on",
      statement_timeout: "5min",
      idle_in_transaction_session_timeout: "1min",
    },
  },
  backup: {
    comment: "pg_dump. Reads everything, also what later migrations add.",
    // Two for a backup; one by hand may meet the scheduled one.
    connectionLimit: () => 4,
    // pg_read_all_data would also read pg_authid, and so everybody's password verifiers.
    memberOf: {},
    settings: { default_transaction_read_only: "on" },
  },
  monitor: {
    comment: "Metrics of the server. Sees no data but the schema's version.",
    connectionLimit: () => READ_ONLY_SESSIONS,
    memberOf: { pg_monitor: { inherit: true } },
    settings: {
      default_transaction_read_only: "on",
      statement_timeout: "30s",
      idle_in_transaction_session_timeout: "30s",
      ...LITTLE_SPACE,
    },
  },
  retention: {
    comment: "The scheduled retention: deletes sessions and audit entries past their time. Reads no row.",
    // One by hand may meet the scheduled one.
    connectionLimit: () => 2,
    memberOf: {},
    // A net, too: the program sets shorter ones.
    settings: {
      statement_timeout: "5min",
      idle_in_transaction_session_timeout: "30s",
      lock_timeout: "10s",
      ...LITTLE_SPACE,
    },
  },
};
