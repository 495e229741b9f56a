import type { LoginRole } from "../../lib/contract";

/**
 * What each role may do with each table: Select, Insert, Update, Delete, Truncate; s selects some columns only.
 * Written down a second time on purpose: what is not meant must not follow from a slip in the grants.
 */
const MATRIX = `
                    migrator  data_svc  readonly  backup  monitor
users               SIUDT     SIUD      S         S       -
model_versions      SIUDT     SIUD      S         S       -
assessments         SIUDT     SID       S         S       -
reports             SIUDT     SIUD      S         S       -
auth_sessions       SIUDT     SIUD      s         S       -
audit_logs          SIUDT     SI        S         S       -
schema_migrations   SIUDT     S         S         S       S
migrate.history     SIUDT     -         S         S       S
migrate.progress    SIUDT     -         S         S       S
migrate.files       SIUDT     -         S         S       S
migrate.repairs     SIUDT     -         S         S       S
migrate.record      SIUDT     -         S         S       S
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
export const VERBS: Readonly<Record<string, (table: string, column: string) => string>> = {
  S: (table) => `select * from ${table}`,
  s: (table) => `select created_at from ${table}`,
  I: (table) => `insert into ${table} default values`,
  U: (table, column) => `update ${table} set ${column} = default`,
  D: (table) => `delete from ${table}`,
  T: (table) => `truncate ${table}`,
};
