import { Client } from "pg";
import { ROWS, SEEDED } from "../migrations/rows";
import { usePostgres } from "../support/postgres";
import { Cluster, PASSWORDS } from "./support";

const cluster = new Cluster(usePostgres());
const DATABASE = "study";
/** Raw scores in the order in which the assessments are made. Each names its assessment. */
const SCORES = [0.3, 0.1, 0.45, 0.2, 0.9, 0.55, 0.15, 0.7, 0.05, 0.8, 0.35, 0.6];
let client: Client;

beforeAll(async () => {
  await cluster.create(DATABASE);
  await cluster.bootstrap(DATABASE);
  await cluster.up(DATABASE, "migrator");
  for (const [place, score] of SCORES.entries()) {
    const person = place % 3 === 0 ? SEEDED.admin : SEEDED.user;
    await cluster.query(
      DATABASE,
      `with made as (
         insert into assessments (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level)
         select '${person}', id, '${JSON.stringify(ROWS.assessments.features)}', ${score}, on_curve, risk_level(calibration_data, on_curve), 'low'
         from model_versions, calibrated_score(calibration_data, ${score}) as on_curve returning id, user_id)
       insert into audit_logs (actor_id, subject_id, action, resource_type, resource_id)
       select user_id, user_id, 'assessment.create', 'assessment', id::text from made`,
    );
  }
  client = new Client(cluster.connection(DATABASE, "readonly", PASSWORDS.readonly));
  client.on("error", () => {});
  await client.connect();
});
afterAll(() => client.end());

const scores = async (sql: string) => (await client.query<{ raw_score: number }>(sql)).rows.map((row) => row.raw_score);

const VIEW = "deidentified.assessments";

/** A condition that fails at the first row it is asked about, and says which that is. */
async function firstAsked(known: readonly number[]): Promise<number> {
  const others = known.map((score) => `raw_score <> ${score}`).join(" and ") || "true";
  const error: Error = await client.query(`select 1 from ${VIEW} where ${others} and raw_score::text::int > 0`).then(
    () => new Error("asked about none"),
    (failure) => failure,
  );
  return Number(/"(.*)"/.exec(error.message)?.[1]);
}

async function asked(): Promise<number[]> {
  const found: number[] = [];
  for (const _ of SCORES) found.push(await firstAsked(found));
  return found;
}

const PLANS = {
  "any plan": "select",
  "no sorting": "set enable_sort = off; set enable_hashjoin = off",
  "one table by its index": "set enable_seqscan = off; set enable_sort = off; set enable_mergejoin = off",
};

describe.each(Object.entries(PLANS))(
  "with %s, the assessments come in no order that tells when they were made",
  (_, plan) => {
    beforeAll(() => client.query(plan));
    afterAll(() => client.query("reset all"));

    test.each<[string, () => Promise<number[]>]>([
      ["as they come", () => scores(`select raw_score from ${VIEW}`)],
      [
        "numbered",
        () =>
          scores(`select raw_score from (select raw_score, row_number() over () as n from ${VIEW}) as v order by n`),
      ],
      ["collected", () => scores(`select unnest(array_agg(raw_score)) as raw_score from ${VIEW}`)],
      ["one by one", () => scores(`select raw_score from ${VIEW} where raw_score is distinct from null limit 12`)],
      ["with a seed of one's own", () => scores(`select raw_score from (select setseed(0)) as s, ${VIEW}`)],
      ["by errors of a condition", asked],
    ])("%s", async (_name, read) => {
      const [first, second] = [await read(), await read()];
      expect([...first].sort()).toEqual([...SCORES].sort());
      for (const order of [first, second]) {
        expect(order).not.toEqual(SCORES);
        expect([...order].reverse()).not.toEqual(SCORES);
      }
      expect(first).not.toEqual(second);
    });
  },
);

/** Queries that would link a row of the view, or a pseudonym, to a person, each with what it goes by. */
const LINKS: readonly (readonly [by: string, sql: string])[] = [
  [
    "the order of the audit log",
    `select v.*, l.subject_id from (select *, row_number() over () as n from ${VIEW}) as v
     join (select subject_id, row_number() over (order by id) as n from audit_logs where action = 'assessment.create') as l using (n)`,
  ],
  [
    "how many assessments each person has",
    `select person, subject_id from (select person, count(*) as n from ${VIEW} group by 1) as v
     join (select subject_id, count(*) as n from audit_logs where action = 'assessment.create' group by 1) as l using (n)`,
  ],
  ["how often each did something", "select actor_id, count(*) from audit_logs group by 1"],
  ["an assessment's id and the time in it", "select resource_id from audit_logs"],
  ["ids that a read showed", "select request_metadata from audit_logs"],
  ["an entry's place", "select id from audit_logs"],
  ["an entry's address", "select ip_address from audit_logs"],
  ["an entry's browser", "select user_agent from audit_logs"],
  ["entries as rows", "select l from audit_logs as l"],
  ["entries of a month", "select * from audit.logs_default"],
  ["who just did something, while watching the view", "select user_id, last_activity from auth_sessions"],
  ["who just logged in, while watching the view", "select id, last_login_at from users"],
  ["a new person and a new pseudonym", "select id, created_at from users"],
  ["a session's id and the time in it", "select id from auth_sessions"],
  ["a session's address", "select ip_address from auth_sessions"],
  ["a report's id and the time in it", "select id, assessment_id from reports"],
  ["where the rows lie", `select ctid from ${VIEW}`],
  ["who wrote a row", `select xmin from ${VIEW}`],
  ["where entries lie", "select ctid, tableoid from audit_logs"],
  ["the tables below", "select user_id, created_at from assessments"],
];

test.each(LINKS)("nothing links a row to a person by %s", async (_, sql) => {
  // No privilege, or no such column.
  await expect(client.query(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|42703)$/) });
});

test("the statistics of no column tell what the column does not", async () => {
  await cluster.query(DATABASE, "analyze");
  const { rows } = await client.query(
    "select distinct tablename || '.' || attname as name from pg_stats where schemaname in ('public', 'audit', 'deidentified') order by 1",
  );
  const linking = /\.(id|user_id|actor_id|subject_id|resource_id|assessment_id|pseudonym|features|raw_score|last_.*)$/;
  expect(
    rows.map(({ name }) => name).filter((name) => linking.test(name) && !name.startsWith("model_versions")),
  ).toEqual([]);
});
