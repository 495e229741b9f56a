import type { ClientTable, TABLES } from "../contract";

type Table = (typeof TABLES)[number];
type Privilege = keyof ClientTable;

/** Columns of the tables that a stage may open to clients. A test compares them with the migrated database. */
export const OPEN_TABLES = {
  users: ["id", "email", "role", "created_at", "updated_at", "last_login_at", "pseudonym"],
  model_versions: [
    ...(["id", "version", "trained_at", "auroc", "auprc", "calibration_error", "artifact_path"] as const),
    ...(["calibration_data", "is_active", "created_at", "updated_at"] as const),
  ],
  auth_sessions: [
    ...(["id", "user_id", "token_hash", "ip_address", "user_agent", "created_at", "expires_at"] as const),
    ...(["last_activity", "revoked_at"] as const),
  ],
  schema_migrations: ["version", "dirty"],
} as const satisfies { readonly [Name in Table]?: readonly string[] };

/** The other tables, each with the reason why no client gets at it. */
export const CLOSED_TABLES: Readonly<Record<Exclude<Table, keyof typeof OPEN_TABLES>, string>> = {
  assessments: "holds health data, of which data-svc alone records who reads it. Leave it out and call data-svc",
  reports: "leads to documents with health data. Leave it out and call data-svc",
  audit_logs: "tells who read whose health data, and stays evidence only if no client writes to it. Leave it out",
};

/** A use of an open table that is refused, with the reason. */
interface Refusal {
  readonly table: keyof typeof OPEN_TABLES;
  readonly privileges: readonly Privilege[];
  /** @default every column */
  readonly column?: string;
  readonly why: string;
}

export const REFUSALS: readonly Refusal[] = [
  {
    table: "users",
    privileges: ["insert", "update"],
    column: "role",
    why: "with which it could make anybody an administrator. Leave it out; a person changes a role as the superuser",
  },
  {
    table: "users",
    privileges: ["select", "insert", "update"],
    column: "pseudonym",
    why: "which tells whose the de-identified assessments are. Leave it out",
  },
  {
    table: "users",
    privileges: ["delete"],
    why: "but a person is erased with all that belongs to them, and with an entry in the log. Leave it out and have data-svc erase them",
  },
  {
    table: "model_versions",
    privileges: ["insert", "update", "delete"],
    why: "but the active model decides every score. Leave it out and have data-svc register and activate models",
  },
  {
    table: "schema_migrations",
    privileges: ["insert", "update", "delete"],
    why: "but it is the migrator's own record. Leave it out",
  },
];

/** Uses of sessions that belong to one client: with them it makes a login of anybody, prolongs or ends one, or finds one. So does deleting. */
export const SESSION_OWNERS = {
  select: ["token_hash"],
  insert: ["token_hash", "user_id"],
  update: ["token_hash", "user_id", "expires_at", "revoked_at"],
} as const satisfies {
  readonly [Name in "select" | "insert" | "update"]: readonly (typeof OPEN_TABLES.auth_sessions)[number][];
};
