import { LIST, LIST_AFTER } from "../../lib/data-svc/history";
import { FIND_ACTIVE } from "../../lib/data-svc/model-versions";

/** Values of a random row, to ask for it. */
export interface Key {
  readonly person: string;
  /** In another case than it is stored. */
  readonly email: string;
  readonly token: Buffer;
  readonly assessment: string;
  /** The person of some assessment, and the time of that in microseconds since 1970. */
  readonly author: string;
  readonly micros: string;
  /** A time within the years that have data. */
  readonly moment: Date;
  readonly cohort: Readonly<Record<string, number>>;
  readonly bmi: string;
}

export interface Query {
  readonly name: string;
  /** Names of the indexes that serve it, as the migrations have them. */
  readonly indexes: readonly string[];
  readonly text: string;
  readonly values: (key: Key) => readonly unknown[];
  /** Whether it changes rows. It is rolled back then. @default false */
  readonly changes?: boolean;
  /** Whether it counts what grows with the data. It is judged by the time for a row that it counts. @default false */
  readonly counts?: boolean;
}

const NEWEST = 'order by "timestamp" desc limit 50';
const LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff";
/** Both bounds are values: by one that SQL computes from the other, PostgreSQL leaves no partition out while it plans. */
const BETWEEN = '"timestamp" >= $2 and "timestamp" < $3';
const DAY_MS = 86_400_000;
const before = (moment: Date, days: number) => [new Date(moment.getTime() - days * DAY_MS), moment];

/** The queries that are asked, by data-svc's own statements where it asks them. */
export const QUERIES: readonly Query[] = [
  {
    name: "session by its token, with its user",
    indexes: ["auth_sessions_token_hash_key", "users_pkey"],
    text: `select s.*, u.email, u.role from auth_sessions s join users u on u.id = s.user_id
      where s.token_hash = $1 and s.revoked_at is null and s.expires_at > now()`,
    values: ({ token }) => [token],
  },
  {
    name: "login by e-mail",
    indexes: ["users_email_key"],
    text: "select * from users where email_key(email) = email_key($1)",
    values: ({ email }) => [email],
  },
  {
    name: "revoke a user's live sessions",
    indexes: ["auth_sessions_live_user_id_idx"],
    text: "update auth_sessions set revoked_at = now() where user_id = $1 and revoked_at is null",
    values: ({ person }) => [person],
    changes: true,
  },
  {
    name: "purge 20 expired sessions",
    indexes: ["auth_sessions_expires_at_idx", "auth_sessions_pkey"],
    text: `delete from auth_sessions where id = any (array(
        select id from auth_sessions where expires_at < now() + interval '3 days' order by expires_at limit 20
      ))`,
    values: () => [],
    changes: true,
  },
  { name: "the active model", indexes: ["model_versions_active_key"], text: FIND_ACTIVE.text, values: () => [] },
  {
    name: "history, first page",
    indexes: ["assessments_history_idx"],
    text: LIST.text,
    values: ({ person }) => [person, 21],
  },
  {
    name: "history, next page",
    indexes: ["assessments_history_idx"],
    text: LIST_AFTER.text,
    values: ({ author, micros }) => [author, 21, micros, LAST],
  },
  {
    name: "report by assessment and format",
    indexes: ["reports_assessment_id_format_key"],
    text: "select * from reports where assessment_id = $1 and format = 'pdf'",
    values: ({ assessment }) => [assessment],
  },
  {
    name: "newest 50 of an elevated risk",
    indexes: ["assessments_elevated_risk_idx"],
    text: "select * from assessments where risk_level = 'diabetes' order by created_at desc limit 50",
    values: () => [],
  },
  {
    name: "100 from a BMI on",
    indexes: ["assessments_bmi_idx"],
    text: `select * from assessments where (features ->> 'BMI')::numeric >= $1::numeric
      order by (features ->> 'BMI')::numeric limit 100`,
    values: ({ bmi }) => [bmi],
  },
  {
    name: "audit: newest 50 by a user",
    indexes: ["audit_logs_actor_id_idx"],
    text: `select * from audit_logs where actor_id = $1 ${NEWEST}`,
    values: ({ person }) => [person],
  },
  {
    name: "audit: newest 50 by a user in a year",
    indexes: ["audit_logs_actor_id_idx"],
    text: `select * from audit_logs where actor_id = $1 and ${BETWEEN} ${NEWEST}`,
    values: ({ person, moment }) => [person, ...before(moment, 365)],
  },
  {
    name: "audit: newest 50 about a person",
    indexes: ["audit_logs_subject_id_idx"],
    text: `select * from audit_logs where subject_id = $1 ${NEWEST}`,
    values: ({ person }) => [person],
  },
  {
    name: "audit: newest 50 about a person in a year",
    indexes: ["audit_logs_subject_id_idx"],
    text: `select * from audit_logs where subject_id = $1 and ${BETWEEN} ${NEWEST}`,
    values: ({ person, moment }) => [person, ...before(moment, 365)],
  },
  {
    name: "audit: 50 of an action in a month",
    indexes: ["audit_logs_action_idx"],
    text: `select * from audit_logs where action = $1 and ${BETWEEN} ${NEWEST}`,
    values: ({ moment }) => ["user.export", ...before(moment, 30)],
  },
  {
    name: "audit: newest 50 about a thing",
    indexes: ["audit_logs_resource_idx"],
    text: `select * from audit_logs where resource_type = 'assessment' and resource_id = $1 ${NEWEST}`,
    values: ({ assessment }) => [assessment],
  },
  {
    name: "audit: newest 50",
    indexes: ["audit_logs_timestamp_idx"],
    text: `select * from audit_logs ${NEWEST}`,
    values: () => [],
  },
  // The slow ones come last.
  {
    name: "count a cohort of four features",
    indexes: ["assessments_features_idx"],
    text: "select count(*) from assessments where features @> $1::jsonb",
    values: ({ cohort }) => [JSON.stringify(cohort)],
    counts: true,
  },
  {
    name: "count a range of BMI",
    indexes: ["assessments_bmi_idx"],
    text: "select count(*) from assessments where (features ->> 'BMI')::numeric between $1::numeric and $1::numeric + 0.1",
    values: ({ bmi }) => [bmi],
    counts: true,
  },
];
