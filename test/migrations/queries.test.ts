import { FILL } from "./fill";
import { useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

beforeAll(() => database.client.query(FILL));

interface Plan {
  readonly "Index Name"?: string;
  readonly "Node Type": string;
  readonly "Plan Rows": number;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

async function planOf(query: string): Promise<Plan[]> {
  const [row] = await database.rows<{ "QUERY PLAN": [{ Plan: Plan }] }>(`explain (format json) ${query}`);
  if (!row) throw new Error(`no plan for ${query}`);
  return nodes(row["QUERY PLAN"][0].Plan);
}

const someone = "(select id from users where email_key(email) = email_key('person77@example.org'))";
const someAssessment = "(select id from assessments where risk_level = 'diabetes' order by created_at desc limit 1)";

const QUERIES: readonly (readonly [what: string, index: string, query: string])[] = [
  [
    "a session by its token, on every request",
    "auth_sessions_token_hash_key",
    `select * from auth_sessions s join users u on u.id = s.user_id
     where token_hash = sha512('x') and revoked_at is null and expires_at > now()`,
  ],
  [
    "that session's user",
    "users_pkey",
    "select * from auth_sessions s join users u on u.id = s.user_id where token_hash = sha512('x')",
  ],
  [
    "login by email",
    "users_email_key",
    "select * from users where email_key(email) = email_key('Person5@example.org')",
  ],
  [
    "revoking a user's live sessions",
    "auth_sessions_live_user_id_idx",
    `update auth_sessions set revoked_at = now() where user_id = ${someone} and revoked_at is null`,
  ],
  [
    "purging expired sessions",
    "auth_sessions_expires_at_idx",
    "delete from auth_sessions where expires_at < now() - interval '12 hours'",
  ],
  [
    "purging sessions that were revoked",
    "auth_sessions_revoked_at_idx",
    `select id from auth_sessions where revoked_at < now() - interval '12 hours' and expires_at >= now() - interval '12 hours'
     order by revoked_at limit 20`,
  ],
  ["the active model", "model_versions_active_key", "select * from model_versions where is_active"],
  [
    "a user's history, first page",
    "assessments_history_idx",
    `select * from assessments where user_id = ${someone} order by created_at desc, id desc limit 20`,
  ],
  [
    "a user's history, next page",
    "assessments_history_idx",
    `select * from assessments where user_id = ${someone}
       and (created_at, id) < (now() - interval '20 days', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by created_at desc, id desc limit 20`,
  ],
  [
    "a report by assessment and format",
    "reports_assessment_id_format_key",
    `select * from reports where assessment_id = ${someAssessment} and format = 'pdf'`,
  ],
  [
    "the newest of an elevated risk",
    "assessments_elevated_risk_idx",
    "select * from assessments where risk_level = 'diabetes' order by created_at desc limit 50",
  ],
  [
    "a cohort of four features",
    "assessments_features_idx",
    `select count(*) from assessments where features @> '{"Smoker": 1, "HighBP": 1, "Age": 9, "Sex": 0}'`,
  ],
  [
    "a range of BMI",
    "assessments_bmi_idx",
    "select count(*) from assessments where (features ->> 'BMI')::numeric between 30 and 30.5",
  ],
  [
    "what a user did",
    "audit_logs_actor_id_idx",
    `select * from audit_logs where actor_id = ${someone} order by "timestamp" desc limit 50`,
  ],
  [
    "what was done with a person's data",
    "audit_logs_subject_id_idx",
    `select * from audit_logs where subject_id = ${someone} order by "timestamp" desc limit 50`,
  ],
  [
    "who did such a thing in a span of time",
    "audit_logs_action_idx",
    `select * from audit_logs where action = 'report.create'
       and "timestamp" between now() - interval '9 days' and now() - interval '8 days' order by "timestamp" desc`,
  ],
  [
    "what was done to a thing",
    "audit_logs_resource_idx",
    `select * from audit_logs where resource_type = 'assessment' and resource_id = ${someAssessment}::text
     order by "timestamp" desc limit 50`,
  ],
  [
    "the newest entries of the log",
    "audit_logs_timestamp_idx",
    'select * from audit_logs order by "timestamp" desc limit 50',
  ],
];

/** Indexes that serve none of these, with the reason to have them. */
const OTHERS: Readonly<Record<string, string>> = {
  assessments_model_version_id_idx: "deleting a model, which its assessments forbid",
  assessments_pkey: "data-svc's look for an assessment of the same id; reports",
  audit_logs_pkey: "the identity of rows in logical replication",
  auth_sessions_pkey: "a session in a list of one's own",
  auth_sessions_user_id_idx: "deleting a user, with revoked sessions",
  model_versions_pkey: "assessments",
  model_versions_version_key: "data-svc's activation of a version",
  reports_content_url_key: "one report for a place",
  reports_pkey: "a report by its link",
};

test("every index serves one of these queries, or has another reason", async () => {
  const indexes = await database.rows<{ name: string }>(`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('i', 'I') order by 1`);
  const known = [...new Set([...QUERIES.map(([, index]) => index), ...Object.keys(OTHERS)])].sort();
  expect(indexes.map(({ name }) => name)).toEqual(known);
});

/** The index that a partition's index is part of. Partitions without rows have none worth a look. */
const WHOLE = `
  select c.relname as part, coalesce(p.inhparent, c.oid)::regclass::text as whole
  from pg_class c left join pg_inherits p on p.inhrelid = c.oid
  join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid and t.reltuples > 0`;

/** A month without rows has nothing to look for by an index. */
const FILLED = "select relname as name from pg_class where relkind = 'r' and reltuples > 1000";

test.each(QUERIES)("%s is served by %s", async (_, index, query) => {
  const plan = await planOf(query);
  const whole = new Map(
    (await database.rows<{ part: string; whole: string }>(WHOLE)).map((row) => [row.part, row.whole]),
  );
  const filled = new Set((await database.rows<{ name: string }>(FILLED)).map(({ name }) => name));
  const scans = plan.filter((node) => filled.has(node["Relation Name"] ?? ""));
  const used = plan.flatMap((node) => whole.get(node["Index Name"] ?? "") ?? []);
  expect(used).toContain(index);
  // In every partition that it looks into.
  expect(new Set(used.filter((name) => name.startsWith("audit_logs"))).size).toBe(
    index.startsWith("audit_logs") ? 1 : 0,
  );
  expect(scans.filter((node) => node["Node Type"] === "Seq Scan")).toEqual([]);
  expect(plan.filter((node) => node["Node Type"] === "Sort" && node["Plan Rows"] > 50 && /limit/.test(query))).toEqual(
    [],
  );
});

test("a span of time is looked for in its months alone", async () => {
  const [, , query = ""] = QUERIES.find(([what]) => what.endsWith("span of time")) ?? [];
  const plan = await planOf(query.replaceAll("now()", `timestamptz '${new Date().toISOString().slice(0, 8)}20Z'`));
  expect(plan.flatMap((node) => node["Relation Name"] ?? [])).toHaveLength(1);
});

test("a page of the history costs no more the further back it is", async () => {
  const [, , next = ""] = QUERIES.find(([what]) => what.endsWith("next page")) ?? [];
  const [row] = await database.rows<{ "QUERY PLAN": [{ Plan: Record<string, unknown> }] }>(
    `explain (format json) ${next}`,
  );
  expect(JSON.stringify(row)).toMatch(/"Index Cond":"[^"]*ROW\(created_at, id\) < ROW/);
});

test("last_activity is updated in its page, touching no index", async () => {
  // Outside of the test's transaction: the statistics are flushed between transactions.
  await database.client.query("commit");
  await database.rows(`update auth_sessions set last_activity = now()
    where token_hash in (select token_hash from auth_sessions order by token_hash limit 50)`);
  await database.rows("select pg_stat_force_next_flush()");
  const [updates] = await database.rows(
    "select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = 'auth_sessions'",
  );
  expect(updates).toEqual({ all: 50, hot: 50 });
});
