import { createWriteStream, readFileSync } from "node:fs";
import * as path from "node:path";
import { OPERATIONS, TLS_KEYS } from "../../lib/contract";
import { readSettings, startDataSvc } from "../../lib/data-svc";
import { askService, type ServiceRequest } from "../../lib/local/ask-service";
import { writeIdentity } from "../../lib/local/identity";
import { type LocalIssuer, startIssuer } from "../../lib/local/issuer";
import { markdown } from "../report";
import { PASSWORD } from "../scaling/data";
import type { LimitedServer } from "../scaling/limited-server";
import type { Filled } from "./database";
import type { Key } from "./queries";

const REQUESTS = 300;
const SUBJECT = "system:serviceaccount:bench:caller";

interface Asked {
  readonly url: string;
  readonly authorityFile: string;
  readonly token: string;
  readonly keys: readonly (Key & { readonly answer: object })[];
}

const REQUESTS_MADE = [
  { name: "`POST /internal/assessments`", ask: post },
  { name: "`GET /internal/users/{id}/assessments`", ask: history },
];

/** Sends requests to a data-svc, one at a time, and tabulates the bytes of write-ahead log that each costs. */
export async function writeAheadLog(server: LimitedServer, sizes: readonly Filled[], work: string): Promise<string> {
  const issuer = await startIssuer();
  try {
    const tlsFolder = await writeIdentity(work);
    const rows: string[][] = [];
    for (const filled of sizes) rows.push(...(await measure(server, filled, { issuer, work, tlsFolder })));
    return markdown([["request", "database", "after a checkpoint: bytes", "later: bytes"], ...rows]);
  } finally {
    await issuer.close();
  }
}

async function measure(
  server: LimitedServer,
  { size, database, sql }: Filled,
  { issuer, work, tlsFolder }: { readonly issuer: LocalIssuer; readonly work: string; readonly tlsFolder: string },
): Promise<string[][]> {
  const caller = { name: "bench", subject: SUBJECT, may: OPERATIONS };
  const settings = readSettings(
    {
      ...{ HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0", ISSUER_URL: issuer.url, CALLERS: JSON.stringify([caller]) },
      ...{ DATABASE_URL: server.postgres.url(database, "data_svc", PASSWORD), TLS_FOLDER: tlsFolder },
    },
    (file) => readFileSync(file, "utf8"),
  );
  const service = await startDataSvc(settings, { destination: createWriteStream(path.join(work, "data-svc.log")) });
  try {
    await service.ready;
    const keys = await server.query<Asked["keys"][number]>(await sql("requests"), [REQUESTS], database);
    const authorityFile = path.join(tlsFolder, TLS_KEYS.authority);
    const asked = { url: service.url, authorityFile, token: await issuer.token(SUBJECT), keys };
    const rows = [];
    for (const { name, ask } of REQUESTS_MADE) {
      await server.query("checkpoint");
      // The first change of a page after a checkpoint logs all of it. The second round changes the same pages.
      const bytes = [await logged(server, () => askAll(asked, ask)), await logged(server, () => askAll(asked, ask))];
      rows.push([name, size.name, ...bytes.map((sum) => (sum / REQUESTS).toFixed(0))]);
    }
    return rows;
  } finally {
    await service.close();
  }
}

async function logged(server: LimitedServer, work: () => Promise<void>): Promise<number> {
  const before = await server.walKiB();
  await work();
  return ((await server.walKiB()) - before) * 1024;
}

async function askAll(asked: Asked, ask: (key: Asked["keys"][number]) => [string, ServiceRequest]): Promise<void> {
  for (const key of asked.keys) {
    const [route, { headers, ...request }] = ask(key);
    const authorization = `Bearer ${asked.token}`;
    const { status, text } = await askService(asked.url + route, asked.authorityFile, {
      ...request,
      headers: { ...headers, authorization },
    });
    if (status >= 300) throw new Error(`${route} was answered with ${status}: ${text}`);
  }
}

function post({ person, answer }: Asked["keys"][number]): [string, ServiceRequest] {
  const context = {
    ip_address: "203.0.113.7",
    user_agent: "Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0",
  };
  const body = { ...answer, user_id: person, model_version: "v1.0.0", request_context: context };
  const headers = { "content-type": "application/json" };
  return ["/internal/assessments", { method: "POST", headers, body: JSON.stringify(body) }];
}

function history({ person }: Asked["keys"][number]): [string, ServiceRequest] {
  return [`/internal/users/${person}/assessments`, { headers: { "x-on-behalf-of": person } }];
}
