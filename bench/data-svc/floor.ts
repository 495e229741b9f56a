/**
 * The least that could answer: fastify and pg with data-svc's own statements, and nothing else. No proof of callers, no checks, no
 * log, no metrics, no deadline. Shows how far data-svc is from that.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fastify } from "fastify";
import { Pool } from "pg";
import { TLS_KEYS } from "../../lib/contract";
import { STORE } from "../../lib/data-svc/assessments";
import { LIST } from "../../lib/data-svc/history";
import { FIND_ACTIVE } from "../../lib/data-svc/model-versions";

interface Body {
  readonly user_id: string;
  readonly features: object;
  readonly raw_score: number;
  readonly calibrated_score: number;
  readonly confidence_level: string;
  readonly model_version: string;
}

const { DATABASE_URL, POOL_MAX, PORT, TLS_FOLDER } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL ?? "", max: Number(POOL_MAX) });
const read = (name: string) => readFileSync(`${TLS_FOLDER}/${name}`);
const https = TLS_FOLDER === undefined ? null : { key: read(TLS_KEYS.key), cert: read(TLS_KEYS.certificate) };
const app = fastify({ https });

app.get("/readyz", async () => ({ ready: true }));

app.get("/internal/model-versions/active", async () => (await pool.query(FIND_ACTIVE)).rows[0]);

app.get<{ Params: { id: string } }>("/internal/users/:id/assessments", async ({ params }) => {
  const { rows } = await pool.query({ ...LIST, values: [params.id, 21] });
  return { items: rows.slice(0, 20), next_cursor: null };
});

app.post<{ Body: Body }>("/internal/assessments", async ({ body, ip }, reply) => {
  const { user_id, features, raw_score, calibrated_score, confidence_level, model_version } = body;
  const client = await pool.connect();
  try {
    await client.query("begin");
    const contents = [user_id, JSON.stringify(features), raw_score, calibrated_score, confidence_level, model_version];
    const values = [randomUUID(), ...contents, user_id, "ml-api", ip, "floor", "{}"];
    const { rows } = await client.query({ ...STORE, values });
    await client.query("commit");
    return reply.code(201).send({ ...body, ...rows[0] });
  } finally {
    client.release();
  }
});

process.once("SIGTERM", () => void app.close().then(() => pool.end()));
void app.listen({ host: "127.0.0.1", port: Number(PORT) });
