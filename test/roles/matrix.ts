import type { LoginRole } from "../../lib/contract";

/**
 * Privileges of each role on each table: Select, Insert, Update, Delete, Truncate; s, i and u are for some columns only.
 * Written down a second time on purpose: what is not meant must not follow from a slip in the grants.
 */
const MATRIX = `
                    migrator  data_svc  readonly  backup  monitor  retention
users               SIUDT     s         s         S       -        -
model_versions      SIUDT     si        S         S       -        -
assessments         SIUDT     si        -         S       -        -
reports             SIUDT     si        s         S       -        -
auth_sessions       SIUDT     s         s         S       -        -
audit_logs          SIUDT     i         s         S       -        -
audit.logs_default  SIUDT     -         -         S       -        -
erasure.assessments SIUDT     -         -         S       -        -
erasure.documents   SIUDT     s         -         S       s        -
schema_migrations   SIUDT     s         S         S       S        -
migrate.history     SIUDT     -         S         S       S        -
migrate.progress    SIUDT     -         S         S       S        -
migrate.files       SIUDT     -         S         S       S        -
migrate.repairs     SIUDT     -         S         S       S        -
migrate.record      SIUDT     -         S         S       S        -
`;

const [header = [], ...lines] = MATRIX.trim()
  .split("\n")
  .map((line) => line.trim().split(/ +/));
export const ROLES: readonly string[] = header;
export const TABLES: readonly string[] = lines.map(([table = ""]) => table);

/** Role, what it may, table. */
export const CELLS = lines.flatMap(([table = "", ...cells]) =>
  cells.map((may, column) => [header[column] as LoginRole, may === "-" ? "" : may, table] as const),
);

/** Statements that need no privilege but the one in question: none reads a column. `column` is the table's last one. */
const VERBS: Readonly<Record<string, (table: string, column: string) => string>> = {
  S: (table) => `select * from ${table}`,
  I: (table) => `insert into ${table} default values`,
  U: (table, column) => `update ${table} set ${column} = default`,
  D: (table) => `delete from ${table}`,
  T: (table) => `truncate ${table}`,
};

/** The statements that are about all columns: those of some columns, as the matrix says, succeed or not by which they name. */
export const wholeTable = (may: string) => Object.entries(VERBS).filter(([verb]) => !may.includes(verb.toLowerCase()));

/** Columns that a role may not select, insert or update of a table of which it may some. */
export const WITHOUT: readonly (readonly [LoginRole, "select" | "insert" | "update", string, readonly string[]])[] = [
  ["data_svc", "select", "users", ["pseudonym"]],
  ["data_svc", "select", "model_versions", ["created_at", "updated_at"]],
  ["data_svc", "insert", "model_versions", ["id", "is_active", "created_at", "updated_at"]],
  ["data_svc", "select", "assessments", []],
  ["data_svc", "insert", "assessments", ["created_at"]],
  ["data_svc", "select", "reports", []],
  ["data_svc", "insert", "reports", ["id", "generated_at"]],
  ["data_svc", "select", "auth_sessions", ["token_hash"]],
  ["data_svc", "insert", "audit_logs", ["id", "timestamp"]],
  ["data_svc", "select", "erasure.documents", []],
  ["data_svc", "select", "schema_migrations", []],
  ["readonly", "select", "users", ["id", "email", "updated_at", "last_login_at", "pseudonym"]],
  ["readonly", "select", "reports", ["id", "assessment_id", "content_url", "metadata"]],
  [
    ...(["readonly", "select", "auth_sessions"] as const),
    ["id", "user_id", "token_hash", "ip_address", "user_agent", "last_activity"],
  ],
  [
    ...(["readonly", "select", "audit_logs"] as const),
    ["id", "actor_id", "subject_id", "resource_id", "ip_address", "user_agent", "request_metadata"],
  ],
  ["monitor", "select", "erasure.documents", ["id", "report_id", "content_url"]],
];
