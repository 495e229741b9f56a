import { statfs } from "node:fs/promises";
import { Client } from "pg";
import { ageOf } from "../common/amounts";
import { DATA_SVC, NEWEST_MIGRATION, SCHEMA_VERSION, VERSION } from "../contract";
import {
  type Ask,
  connectionsOf,
  readSchemaRow,
  readServer,
  replicationOf,
  type Server,
  schemaOf,
  transactionsOf,
  writesOf,
} from "../status/database";
import { type FactName, type Finding, gather, type Source, type Status } from "../status/document";
import { volumeOf } from "../status/volume";
import { since } from "../status/wording";
import { askService } from "./ask-service";
import type { LocalStack } from "./stack";

/** Seconds that a part of the stack may take to answer. */
const SECONDS = 5;

export type Watched = Pick<
  LocalStack,
  "databaseUrl" | "serviceUrl" | "authorityFile" | "directory" | "startedAt" | "backup"
>;

/** Asks the local stack for what a person asks first of a stage. */
export const localStatus = (stack: Watched, now: () => Date): Promise<Status> =>
  gather({ stage: "local" }, sourcesOf(stack, now), { now, seconds: SECONDS });

function sourcesOf(stack: Watched, now: () => Date): Readonly<Record<FactName, Source>> {
  const server = withDatabase(stack, readServer);
  const of = (judge: (server: Server) => Finding) => async () => judge(await server);
  const checkout = { of: "this checkout", version: NEWEST_MIGRATION, required: SCHEMA_VERSION };
  return {
    release: async () => ({ state: "ok", text: `Version ${VERSION}, as it is here.`, values: { version: VERSION } }),
    schema: async () => schemaOf(await withDatabase(stack, readSchemaRow), checkout),
    database: of((found) => databaseOf(found, now())),
    "data-svc": () => serviceOf(stack, now()),
    writes: of(writesOf),
    replication: of((found) => replicationOf(found, { standbys: 0, synchronous: 0 })),
    backup: async () => backupOf(stack, now()),
    restore: async () => restoreOf(stack, now()),
    retention: async () => ({ state: "ok", text: "None: the local stack ends before anything is past its time." }),
    volume: async () => {
      const { blocks, bfree, bsize } = await statfs(stack.directory);
      return volumeOf({ name: "The disk of the data", bytes: blocks * bsize, used: (blocks - bfree) * bsize });
    },
    connections: of(connectionsOf),
    transactions: of(transactionsOf),
    certificate: async () => ({
      state: "ok",
      text: "data-svc's is for loopback and ends with the stack; the database has none.",
    }),
    alerts: async () => ({ state: "ok", text: "The local stack has no monitoring." }),
  };
}

async function withDatabase<Answer>({ databaseUrl }: Watched, use: (ask: Ask) => Promise<Answer>): Promise<Answer> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: SECONDS * 1000,
    query_timeout: SECONDS * 1000,
  });
  // A server that stops meanwhile is told by the query that it breaks.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await use(async (sql) => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]);
  } finally {
    await client.end();
  }
}

function databaseOf({ version, startedAt }: Server, now: Date): Finding {
  const started = new Date(startedAt);
  return {
    state: "ok",
    text: `PostgreSQL ${version} answers, ${since(started, now)}.`,
    values: { wanted: 1, ready: 1, restarts: 0, readySince: started.toISOString() },
  };
}

interface Ready {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly status: "ok" | "warning" | "failed"; readonly message: string }>>;
}

async function serviceOf({ serviceUrl, authorityFile, startedAt }: Watched, now: Date): Promise<Finding> {
  const signal = AbortSignal.timeout(SECONDS * 1000);
  const { text } = await askService(`${serviceUrl}${DATA_SVC.readinessPath}`, authorityFile, { signal });
  const { ready, checks } = JSON.parse(text) as Ready;
  const warned = Object.values(checks).some(({ status }) => status === "warning");
  return {
    state: ready ? (warned ? "warning" : "ok") : "failed",
    text: ready ? `data-svc is ready ${since(startedAt, now)}.` : "data-svc is not ready.",
    details: Object.entries(checks).map(([name, { status, message }]) => `${name} ${status}: ${message}`),
    values: { wanted: 1, ready: ready ? 1 : 0, restarts: 0, ...(ready && { readySince: startedAt.toISOString() }) },
  };
}

const NONE: Finding = {
  state: "warning",
  text: "None was made: this machine lacks PostgreSQL 16's client programs, as npm start says.",
};

function backupOf({ backup }: Watched, now: Date): Finding {
  if (!backup) return NONE;
  const { id, madeAt } = backup;
  const text = `The last backup ended ${ageOf(madeAt.getTime(), now)} ago: ${id}.`;
  return { state: "ok", text, values: { succeededAt: madeAt.toISOString() } };
}

function restoreOf({ backup }: Watched, now: Date): Finding {
  if (!backup) return NONE;
  const { id, provenAt } = backup;
  const text = `${id} was restored into a second server ${ageOf(provenAt.getTime(), now)} ago, and all of it was equal.`;
  return { state: "ok", text, values: { succeededAt: provenAt.toISOString() } };
}
