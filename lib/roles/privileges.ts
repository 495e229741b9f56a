import type { ClientTable, LoginRole } from "../contract";

/** On the whole table, or on the named columns alone. */
export type TableGrant = readonly ("select" | "insert" | "update" | "delete")[] | ClientTable;

type Grants = Readonly<Partial<Record<LoginRole, TableGrant>>>;

const read = ["select"] as const;

/**
 * Privileges of each role on each table, by schema. Everything else is refused. `owner` owns the tables, `migrator`
 * becomes `owner`, `backup` reads every table of these schemas. A new table needs an entry.
 *
 * data_svc has what its statements need, by column. readonly sees features only in `deidentified`, and of other tables no id of a
 * person or a thing, no address and no time of somebody's last act: whoever watches both would see which rows change together.
 */
export const TABLE_PRIVILEGES: Readonly<Record<string, Readonly<Record<string, Grants>>>> = {
  public: {
    users: {
      // Not the pseudonym, which stays with the owner.
      data_svc: { select: ["id", "email", "role", "created_at", "updated_at", "last_login_at"] },
      readonly: { select: ["role", "created_at"] },
    },
    model_versions: {
      data_svc: {
        select: [
          ...["id", "version", "trained_at", "auroc", "auprc", "calibration_error", "artifact_path"],
          ...["calibration_data", "is_active"],
        ],
        // A new one is inactive.
        insert: [
          ...["version", "trained_at", "auroc", "auprc", "calibration_error", "artifact_path", "calibration_data"],
        ],
      },
      readonly: read,
    },
    assessments: {
      data_svc: {
        select: [
          ...["id", "user_id", "model_version_id", "features", "raw_score", "calibrated_score", "risk_level"],
          ...["confidence_level", "created_at"],
        ],
        // Not when: that is the server's to say.
        insert: [
          ...["id", "user_id", "model_version_id", "features", "raw_score", "calibrated_score", "risk_level"],
          "confidence_level",
        ],
      },
    },
    reports: {
      data_svc: {
        select: ["id", "assessment_id", "format", "content_url", "metadata", "generated_at"],
        insert: ["assessment_id", "format", "content_url", "metadata"],
      },
      // No id either: one of version 7 tells its time.
      readonly: { select: ["format", "generated_at"] },
    },
    auth_sessions: {
      // Not token_hash.
      data_svc: {
        select: [
          ...["id", "user_id", "ip_address", "user_agent", "created_at", "expires_at", "last_activity", "revoked_at"],
        ],
      },
      readonly: { select: ["created_at", "expires_at", "revoked_at"] },
    },
    audit_logs: {
      data_svc: {
        // Neither id nor time: those are the server's to say.
        insert: [
          ...["actor_id", "subject_id", "caller", "action", "resource_type", "resource_id", "ip_address"],
          ...["user_agent", "request_metadata"],
        ],
      },
      // How often what is done, by which service. How often by or to whom would tell whose the assessments are.
      readonly: { select: ["caller", "action", "resource_type", "timestamp"] },
    },
    // monitor shows how much of it is used up: the number of the newest entry, and no entry.
    audit_logs_id_seq: { monitor: read },
    // data_svc waits for its version; monitor shows it.
    schema_migrations: { data_svc: { select: ["version", "dirty"] }, readonly: read, monitor: read },
  },
  deidentified: { assessments: { readonly: read } },
  // Partitions of audit_logs, which alone leads to them.
  audit: {},
  erasure: {
    // A trigger reads and writes them.
    assessments: {},
    // monitor shows for how long the oldest waits, and no document.
    documents: {
      data_svc: { select: ["id", "report_id", "content_url", "erased_at", "deleted_at"] },
      monitor: { select: ["erased_at", "deleted_at"] },
    },
    // monitor shows how much of the numbers is used up.
    documents_id_seq: { monitor: read },
  },
  // Times and names of runs; nothing about people.
  migrate: {
    history: { readonly: read, monitor: read },
    history_id_seq: { monitor: read },
    progress: { readonly: read, monitor: read },
    files: { readonly: read, monitor: read },
    repairs: { readonly: read, monitor: read },
    repairs_id_seq: { monitor: read },
    record: { readonly: read, monitor: read },
  },
};

/** The role of CloudNativePG's exporter. It reads the statistics that everybody may, those of replication and archive. */
const OPERATOR_EXPORTER = "cnpg_metrics_exporter";

/** Roles that CloudNativePG makes, and that may connect to our database. */
export const OPERATOR_CLIENTS = [OPERATOR_EXPORTER] as const;

/** The same of the database `postgres`: a replica's pg_rewind and a pooler's look at passwords connect there, too. */
export const OPERATOR_ROLES = [OPERATOR_EXPORTER, "streaming_replica", "cnpg_pooler_pgbouncer"] as const;

/** Roles that may look up names in each schema. */
export const SCHEMA_USAGE: Readonly<Record<string, readonly LoginRole[]>> = {
  public: ["data_svc", "readonly", "backup", "monitor", "retention"],
  deidentified: ["readonly", "backup"],
  erasure: ["data_svc", "backup", "monitor"],
  audit: ["backup"],
  migrate: ["readonly", "backup", "monitor"],
};

/** Roles that may call each function in `public`; nobody else may, PUBLIC included. Triggers need no privilege. */
export const FUNCTION_EXECUTE: Readonly<Record<string, readonly LoginRole[]>> = {
  // Checks, defaults and triggers run with the rights of the inserting role.
  "assessment_features_valid(jsonb)": ["data_svc"],
  "calibration_data_valid(jsonb)": ["data_svc"],
  "calibrated_score(jsonb, double precision)": ["data_svc"],
  "risk_level(jsonb, double precision)": ["data_svc"],
  "uuid_v7()": ["data_svc"],
  // Holds the person for whom a request is until the entry is written; locking a row takes a privilege to update it.
  "hold_user(uuid)": ["data_svc"],
  // In place of privileges to delete and update rows, so that each of these leaves its entry in the log.
  "erase_user(uuid, uuid, text, inet, text, jsonb)": ["data_svc"],
  "delete_assessment(uuid, uuid, text, inet, text, jsonb)": ["data_svc"],
  "delete_report(uuid, uuid, text, inet, text, jsonb)": ["data_svc"],
  "acknowledge_document(bigint, uuid, text, inet, text, jsonb)": ["data_svc"],
  "activate_model(text, uuid, text, inet, text, jsonb)": ["data_svc"],
  // In place of a privilege to read the log.
  "person_audit_log(uuid)": ["data_svc"],
  // In place of a privilege on the default partition.
  "audit_logs_in_default()": ["monitor"],
  // All that retention may do. Each refuses what is not past its time.
  "auth_sessions_purge(timestamp with time zone, integer)": ["retention"],
  "audit_logs_make_partitions(integer)": ["retention"],
  "audit_logs_expire(timestamp with time zone)": ["retention"],
  "erasure_purge(timestamp with time zone, integer)": ["retention"],
};

/**
 * Functions in `public` that a table's defaults, checks and indexes call, with the rights of the role that writes. A client of the
 * table may call them.
 */
export const TABLE_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  users: ["email_key(text)", "uuid_v7()"],
  model_versions: ["calibration_data_valid(jsonb)", "uuid_v7()"],
  auth_sessions: ["uuid_v7()"],
};
