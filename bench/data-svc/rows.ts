import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Client } from "pg";
import type { Features } from "../../lib/data-svc/api/features";
import { CannotRun } from "../cannot-run";

/** Rows of a person: more than a page, so that the page has a cursor. */
const ROWS_OF_A_PERSON = 25;

/** Points of the seeded model's curve; scores on them need no interpolation. */
const CURVE = [
  [0, 0, "no_diabetes"],
  [0.2, 0.18, "no_diabetes"],
  [0.4, 0.39, "prediabetes"],
  [0.6, 0.62, "prediabetes"],
  [0.8, 0.81, "diabetes"],
] as const;

/** An assessment's values, without its person. */
export interface Row {
  readonly features: Features;
  readonly raw_score: number;
  readonly calibrated_score: number;
  readonly risk_level: string;
}

/** Answers of a survey (`file`: gzipped CSV with a head), or generated ones. @throws CannotRun if the file lacks an indicator */
export function readRows(file: string | undefined): readonly Row[] {
  const answers = file === undefined ? Array.from({ length: 2000 }, (_, n) => generated(n)) : surveyed(file);
  return answers.map((features, n) => {
    const [raw_score, calibrated_score, risk_level] = CURVE[n % CURVE.length] ?? CURVE[0];
    return { features, raw_score, calibrated_score, risk_level };
  });
}

function surveyed(file: string): readonly Features[] {
  const [head = "", ...lines] = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  const names = head.split(",");
  const missing = Object.keys(generated(0)).filter((name) => !names.includes(name));
  if (missing.length > 0) throw new CannotRun(`${file} lacks ${missing.join(", ")}.`);
  return lines.map((line) => {
    const values = line.split(",").map(Number);
    const entries = Object.keys(generated(0)).map((name) => [name, values[names.indexOf(name)]]);
    return Object.fromEntries(entries) as Features;
  });
}

/** Answers of which no two of the first thousand are alike. */
function generated(n: number): Features {
  const bit = (place: number) => (n >> place) & 1;
  return {
    ...{ HighBP: bit(0), HighChol: bit(1), CholCheck: 1, BMI: 15 + (n % 300) / 10, Smoker: bit(2), Stroke: bit(3) },
    ...{ HeartDiseaseorAttack: bit(4), PhysActivity: bit(5), Fruits: bit(6), Veggies: bit(7), HvyAlcoholConsump: 0 },
    ...{ AnyHealthcare: 1, NoDocbcCost: 0, GenHlth: 1 + (n % 5), MentHlth: n % 31, PhysHlth: (n * 7) % 31 },
    ...{ DiffWalk: bit(8), Sex: bit(9), Age: 1 + (n % 13), Education: 1 + (n % 6), Income: 1 + (n % 8) },
  };
}

const ADD_PEOPLE = `
  insert into users (email) select 'somebody.' || n || '@example.org' from generate_series(1, $1::int) as n returning id`;

const ADD_ASSESSMENTS = `
  insert into assessments
    (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
  select
    ($2::uuid[])[1 + n % cardinality($2)], m.id, row -> 'features', (row ->> 'raw_score')::float8,
    (row ->> 'calibrated_score')::float8, row ->> 'risk_level', 'high', now() - n * interval '1 minute'
  from generate_series(0, $3::int - 1) as n
  cross join lateral (select $1::jsonb -> (n % jsonb_array_length($1)) as row) as given
  cross join model_versions as m where m.is_active`;

/** Adds so many people with their assessments. Returns the people's ids. */
export async function addPeople(url: string, people: number, rows: readonly Row[]): Promise<readonly string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: added } = await client.query<{ id: string }>(ADD_PEOPLE, [people]);
    const ids = added.map(({ id }) => id);
    await client.query(ADD_ASSESSMENTS, [JSON.stringify(rows.slice(0, 2000)), ids, people * ROWS_OF_A_PERSON]);
    await client.query("vacuum (analyze)");
    return ids;
  } finally {
    await client.end();
  }
}
