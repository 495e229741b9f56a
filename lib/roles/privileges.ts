import type { LoginRole } from "../contract";

/** `{ select: [...] }` grants the columns named and no other. */
export type TableGrant =
  | readonly ("select" | "insert" | "update" | "delete")[]
  | { readonly select: readonly string[] };

type Grants = Readonly<Partial<Record<LoginRole, TableGrant>>>;

const read = ["select"] as const;
const write = ["select", "insert", "update", "delete"] as const;

/**
 * What each role may do with each table, by schema. Everything that is not here is refused. `owner` owns the
 * tables and `migrator` becomes `owner`; `backup` reads every table of these schemas, here or not. A new table
 * needs an entry here.
 */
export const TABLE_PRIVILEGES: Readonly<Record<string, Readonly<Record<string, Grants>>>> = {
  public: {
    users: { data_svc: write, readonly: read },
    model_versions: { data_svc: write, readonly: read },
    // No update: rows are immutable.
    assessments: { data_svc: ["select", "insert", "delete"], readonly: read },
    reports: { data_svc: write, readonly: read },
    auth_sessions: {
      data_svc: write,
      // All but token_hash.
      readonly: {
        select: [
          "id",
          "user_id",
          "ip_address",
          "user_agent",
          "created_at",
          "expires_at",
          "last_activity",
          "revoked_at",
        ],
      },
    },
    // Append-only.
    audit_logs: { data_svc: ["select", "insert"], readonly: read },
    // data_svc waits for its version; monitor shows it.
    schema_migrations: { data_svc: read, readonly: read, monitor: read },
  },
  // What ran when and by whom; nothing about people.
  migrate: {
    history: { readonly: read, monitor: read },
    progress: { readonly: read, monitor: read },
  },
};

/** Who may look names up in each schema. */
export const SCHEMA_USAGE: Readonly<Record<string, readonly LoginRole[]>> = {
  public: ["data_svc", "readonly", "backup", "monitor"],
  migrate: ["readonly", "backup", "monitor"],
};

/** Who may call each function in `public`; nobody else, PUBLIC included. Triggers need no privilege to fire. */
export const FUNCTION_EXECUTE: Readonly<Record<string, readonly LoginRole[]>> = {
  // A check is evaluated as whoever inserts.
  "assessment_features_valid(jsonb)": ["data_svc"],
};
