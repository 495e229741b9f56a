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
  assessments: "holds health data, of which data-svc alone records who reads it. Call data-svc instead",
  reports: "leads to documents with health data. Call data-svc instead",
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
    why: "but a person is erased with all that belongs to them, and with an entry in the log. Have data-svc erase them",
  },
  ...(["model_versions", "schema_migrations"] as const).map((table) => ({
    table,
    privileges: ["insert", "update", "delete"] as const,
    why:
      table === "model_versions"
        ? "but which model is active decides every score. Have data-svc register and activate it"
        : "which is the migrator's own record. Leave it out",
  })),
];
