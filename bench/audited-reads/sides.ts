import { performance } from "node:perf_hooks";
import { type ReadAudited, readsFor } from "../../lib/data-svc/audited-read";
import { Database, type RequestWork } from "../../lib/data-svc/database";
import { LIST, listAssessments } from "../../lib/data-svc/history";
import { createLogger } from "../../lib/data-svc/logging";
import { Metrics } from "../../lib/data-svc/metrics";
import { PEOPLE, ROWS, type Server } from "./server";

/** Connections of a pod. */
const POOL_MAX = 6;

/** One way to read a page of history. */
export interface Side {
  readonly name: string;
  read(work: RequestWork, person: string): Promise<unknown>;
}

const ORIGIN = {
  caller: "api-gateway",
  ipAddress: "203.0.113.7",
  userAgent: "Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0",
};

const page = (read: ReadAudited, person: string) => listAssessments(read, person, ROWS);

export const ALONE: Side = {
  name: "the read alone",
  read: ({ query }, person) => page((_, values) => query<never>(LIST, values), person),
};

export const AUDITED: Side = {
  name: "with its entry",
  read: (work, person) => {
    const origin = { ...ORIGIN, actor: { id: person, pointer: "" }, requestId: crypto.randomUUID() };
    return page(
      readsFor(work, origin, async () => undefined),
      person,
    );
  },
};

/** The service's own way to the database. */
export function openDatabase({ url }: Server): Database {
  const waits = { poolWaitMs: 30_000, outageWaitMs: 30_000, exportTimeoutMs: 120_000, statementTimeoutMs: 30_000 };
  return new Database(
    { url: () => url, poolMax: POOL_MAX, ...waits },
    createLogger("warn", process.stderr),
    new Metrics(),
  );
}

/** Reads pages of random people for so many seconds, so many at a time. Returns the milliseconds of each. */
export async function load(database: Database, side: Side, atOnce: number, seconds: number): Promise<number[]> {
  const people = await database.query<{ id: string }>({
    name: "people",
    text: `select md5(n::text)::uuid as id from generate_series(1, ${PEOPLE}) as n`,
  });
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const reader = async () => {
    const never = new AbortController().signal;
    while (performance.now() < end) {
      const { id = "" } = people[Math.floor(Math.random() * people.length)] ?? {};
      const began = performance.now();
      await side.read(database.forRequest(never), id);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
  return times;
}
