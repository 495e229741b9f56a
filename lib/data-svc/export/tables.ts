import { Features } from "../api/features";

/** A person's rows of one kind: SQL of each column by its name, and where they come from, with the person as `$1`. */
export interface ExportedTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly from: string;
  /** Columns in CSV, where they are others. */
  readonly csvColumns?: Readonly<Record<string, string>>;
}

/** As text, since a JavaScript Date has no microseconds. */
const time = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const of = (source: string, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, `${source}.${name}`]));

const features = Object.keys(Features.properties).map((name) => [name, `a.features ->> '${name}'`]);

const before = { ...of("a", "id", "user_id"), model_version: "m.version" };
const after = {
  ...of("a", "raw_score", "calibrated_score", "risk_level", "confidence_level"),
  created_at: time("a.created_at"),
};

/** All that there is of a person, but for the hashes of session tokens and the pseudonym, which others must not learn. */
export const EXPORTED_TABLES = {
  account: {
    columns: {
      ...of("u", "id", "email", "role"),
      created_at: time("u.created_at"),
      updated_at: time("u.updated_at"),
      last_login_at: time("u.last_login_at"),
    },
    from: "public.users u where u.id = $1::uuid",
  },
  assessments: {
    columns: { ...before, features: "a.features", ...after },
    csvColumns: { ...before, ...Object.fromEntries(features), ...after },
    from: `public.assessments a join public.model_versions m on m.id = a.model_version_id
      where a.user_id = $1::uuid order by a.created_at, a.id`,
  },
  reports: {
    columns: {
      ...of("r", "id", "assessment_id", "format", "content_url", "metadata"),
      generated_at: time("r.generated_at"),
    },
    from: `public.reports r join public.assessments a on a.id = r.assessment_id
      where a.user_id = $1::uuid order by r.generated_at, r.id`,
  },
  sessions: {
    columns: {
      id: "s.id",
      ip_address: "host(s.ip_address)",
      user_agent: "s.user_agent",
      created_at: time("s.created_at"),
      expires_at: time("s.expires_at"),
      last_activity: time("s.last_activity"),
      revoked_at: time("s.revoked_at"),
    },
    from: "public.auth_sessions s where s.user_id = $1::uuid order by s.created_at, s.id",
  },
  audit_log: {
    columns: {
      done_at: time("(l.entry).done_at"),
      ...of("(l.entry)", "action", "resource_type", "resource_id", "caller", "done_by", "about"),
      ip_address: "host((l.entry).ip_address)",
      ...of("(l.entry)", "user_agent", "request_metadata"),
    },
    // Called in a select list, a function returns row by row. In FROM it would return all of them at once.
    from: "(select public.person_audit_log($1::uuid) as entry offset 0) l",
  },
} as const satisfies Readonly<Record<string, ExportedTable>>;

export type TableName = keyof typeof EXPORTED_TABLES;

export const TABLE_NAMES = Object.keys(EXPORTED_TABLES) as TableName[];
