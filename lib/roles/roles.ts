import { type LOGIN_ROLES, OWNER_ROLE, RESERVED_CONNECTIONS } from "../contract";

/** What a role is. Privileges on tables are in privileges.ts. */
export interface RoleDefinition {
  readonly comment: string;
  /** Sessions at most, of a server with this `max_connections`; -1 for no limit of its own. */
  readonly connectionLimit: (connections: number) => number;
  /** Roles that it is a member of, and of no other. `inherit`: uses their privileges without SET ROLE. */
  readonly memberOf: Readonly<Record<string, { readonly inherit: boolean }>>;
  /** Settings that its sessions start with. Others that an operator has given it are left alone. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same, in this database alone. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
}

const READ_ONLY_SESSIONS = 3;

const unlimited = () => -1;

export const ROLES: Readonly<Record<typeof OWNER_ROLE | (typeof LOGIN_ROLES)[number], RoleDefinition>> = {
  [OWNER_ROLE]: {
    comment: "Owns the database and everything in it. Nobody logs in as it: migrator becomes it.",
    connectionLimit: unlimited,
    // So that a migration that waits for a lock can say who holds it.
    memberOf: { pg_read_all_stats: { inherit: true } },
    settings: {},
  },
  migrator: {
    comment: "Changes the schema, as owner: whatever it makes belongs to owner.",
    connectionLimit: unlimited,
    // Without inheriting, so that nothing can be made that belongs to migrator itself.
    memberOf: { [OWNER_ROLE]: { inherit: false } },
    // No timeouts: each migration sets its own.
    settings: {},
    databaseSettings: { role: OWNER_ROLE },
  },
  data_svc: {
    comment: "The data service: reads and writes rows.",
    connectionLimit: (connections) => Math.max(1, connections - RESERVED_CONNECTIONS),
    memberOf: {},
    // Far above what the service sets itself: a net for a session that has lost its way with locks in its hands.
    settings: { statement_timeout: "30s", idle_in_transaction_session_timeout: "30s", lock_timeout: "10s" },
  },
  readonly: {
    comment: "People who look. Never sees token_hash.",
    connectionLimit: () => READ_ONLY_SESSIONS,
    memberOf: {},
    // An open transaction would keep vacuum from cleaning up behind everybody.
    settings: {
      default_transaction_read_only: "on",
      statement_timeout: "5min",
      idle_in_transaction_session_timeout: "1min",
    },
  },
  backup: {
    comment: "pg_dump. Reads everything, also what later migrations add.",
    connectionLimit: unlimited,
    // Not of pg_read_all_data, which reads pg_authid, and so everybody's password verifiers, too.
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
    },
  },
};
