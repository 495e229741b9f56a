import { readFile } from "node:fs/promises";
import { Client } from "pg";
import { TABLES } from "../contract";
import { askService } from "./ask-service";

/** A verification command with the rows that it shows. */
export interface Proof {
  readonly command: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface Verification {
  readonly findings: readonly Proof[];
  /** Everything that is wrong, one sentence each; empty if all is well. */
  readonly problems: readonly string[];
}

const USERS = { "admin@diabrisk.local": "admin", "user@diabrisk.local": "registered" };

const MODEL = { version: "v1.0.0", auroc: 0.8562, auprc: 0.4321, is_active: true, prediabetes: 0.35, diabetes: 0.65 };

export interface VerificationOptions {
  readonly databaseUrl: string;
  readonly serviceUrl: string;
  /** File with the authority of its certificate. */
  readonly authorityFile: string;
  /** data-svc's log, one JSON object a line. */
  readonly serviceLog: string;
}

/** Asks a seeded database and a ready service what the README's verification commands ask of a cluster. */
export async function verify({ databaseUrl, serviceLog, ...service }: VerificationOptions): Promise<Verification> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await ask(client, "\\dt", LIST_TABLES);
    const users = await ask(client, "SELECT id, email, role, created_at FROM users;", LIST_USERS);
    const models = await ask(
      client,
      "SELECT version, auroc, auprc, is_active, calibration_data->'thresholds' FROM model_versions;",
      LIST_MODELS,
    );
    const log = await readLog(serviceLog);
    const health = await askHealth(service);
    return {
      findings: [tables, users, models, log, health],
      problems: [
        ...differences(
          "tables in schema public",
          TABLES,
          tables.rows.map(({ name }) => name),
        ),
        ...differences("users", USERS, Object.fromEntries(users.rows.map(({ email, role }) => [email, role]))),
        ...differences("model versions", [MODEL], models.rows),
        ...differences("status of /healthz", ["ok"], [health.rows[0]?.status]),
      ],
    };
  } finally {
    await client.end();
  }
}

const LIST_TABLES = `
  select schemaname as schema, tablename as name,
    case relkind when 'p' then 'partitioned table' else 'table' end as type, tableowner as owner
  from pg_catalog.pg_tables
  join pg_catalog.pg_class on pg_class.oid = format('%I.%I', schemaname, tablename)::regclass
  where schemaname = 'public' order by tablename`;

const LIST_USERS = `
  select id, email, role, to_char(created_at, 'YYYY-MM-DD HH24:MI:SSOF') as created_at
  from users order by email`;

const LIST_MODELS = `
  select version, auroc, auprc, is_active,
    (calibration_data #>> '{thresholds,prediabetes}')::float as prediabetes,
    (calibration_data #>> '{thresholds,diabetes}')::float as diabetes
  from model_versions order by version`;

async function ask(client: Client, command: string, sql: string): Promise<Proof> {
  return { command, rows: (await client.query<Record<string, unknown>>(sql)).rows };
}

async function readLog(file: string): Promise<Proof> {
  const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  const entries = lines.map((line) => JSON.parse(line) as { time: string; level: string; msg: string });
  const rows = entries.filter(({ msg }) => msg !== "Request").map(({ time, level, msg }) => ({ time, level, msg }));
  return { command: "kubectl logs -l app=data-svc", rows };
}

async function askHealth({ serviceUrl, authorityFile }: Pick<VerificationOptions, "serviceUrl" | "authorityFile">) {
  const { text } = await askService(`${serviceUrl}/healthz`, authorityFile);
  return { command: `GET ${serviceUrl}/healthz`, rows: [JSON.parse(text) as Record<string, unknown>] };
}

function differences(what: string, expected: unknown, found: unknown): string[] {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === got ? [] : [`The ${what} should be ${wanted} but are ${got}.`];
}
