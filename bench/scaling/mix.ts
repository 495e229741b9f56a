import * as fs from "node:fs/promises";
import * as path from "node:path";
import { STORE } from "../../lib/data-svc/assessments";
import { LIST } from "../../lib/data-svc/history";

/** pgbench's scripts of what data-svc asks the database for one request. */
export interface Mix {
  /** `POST /assessments`: the assessment and its audit row in one transaction. */
  readonly assessment: string;
  /** The first page of a person's history. */
  readonly history: string;
}

/** History pages for each new assessment. */
export const PAGES = 3;

const PERSON = "md5(:person::int::text)::uuid";

/** Writes the scripts for a database of `people` persons. */
export async function writeMix(folder: string, people: number): Promise<Mix> {
  const mix = { assessment: path.join(folder, "assessment.sql"), history: path.join(folder, "history.sql") };
  const person = `\\set person random(1, ${people})\n\\set answer random(1, 64)\n`;
  await fs.writeFile(mix.assessment, `${person}${assessment()}`);
  await fs.writeFile(mix.history, `${person}${filled(LIST.text, [PERSON, "21"])};\n`);
  return mix;
}

function assessment(): string {
  const [raw, calibrated] = [one(CURVE.map(([raw]) => raw)), one(CURVE.map(([, calibrated]) => calibrated))];
  const given = ["gen_random_uuid()", PERSON, features(), raw, calibrated, "'high'", "'v1.0.0'"];
  const agent = "'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0'";
  const metadata = `'{"request_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "model_version": "v1.0.0"}'`;
  const entry = [PERSON, "'ml-api'", "'203.0.113.7'", agent, metadata];
  return ["begin;", `${filled(STORE.text, [...given, ...entry])};`, "commit;\n"].join("\n");
}

/** Points of the seeded model's curve: a score is what the curve makes of the raw one. */
const CURVE = [
  [0, 0],
  [0.2, 0.18],
  [0.4, 0.39],
  [0.6, 0.62],
  [0.8, 0.81],
] as const;

const one = (values: readonly number[]) => `(array[${values.join(", ")}])[1 + :answer::int % ${values.length}]`;

/** Puts values into a statement, and takes away what pgbench would take for its variables: the colons of a time. */
function filled(text: string, values: readonly string[]): string {
  const parameters = text.replace(/\$(\d+)/g, (_, number) => values[Number(number) - 1] ?? "null");
  return parameters.replace("HH24:MI:SS", "HH24.MI.SS").trim();
}

/** One of 64 answers. */
function features(): string {
  const answers = Array.from({ length: 64 }, (_, n) => {
    const flags = ["HighBP", "HighChol", "Smoker", "Stroke", "HeartDiseaseorAttack", "Sex"];
    const bits = flags.map((name, bit) => [name, (n >> bit) & 1]);
    return `'${JSON.stringify({ ...FIXED, ...Object.fromEntries(bits), BMI: 18 + n / 2, Age: 1 + (n % 13) })}'`;
  });
  return `((array[${answers.join(", ")}])[:answer::int]::jsonb)`.replaceAll('":', '": ');
}

const FIXED = {
  CholCheck: 1,
  PhysActivity: 1,
  Fruits: 0,
  Veggies: 1,
  HvyAlcoholConsump: 0,
  AnyHealthcare: 1,
  NoDocbcCost: 0,
  GenHlth: 3,
  MentHlth: 2,
  PhysHlth: 4,
  DiffWalk: 0,
  Education: 5,
  Income: 6,
};
