/** Measures what its audit entry costs a read: processor time of both ends, latency, and the server's log. See ../README.md. */
import * as os from "node:os";
import { commandLine } from "../../lib/common/command-line";
import { runBenchmark } from "../cannot-run";
import { machine, markdown } from "../report";
import { median } from "../statistics";
import { processorTime } from "./processor";
import { type Server, startServer } from "./server";
import { ALONE, AUDITED, load, openDatabase, type Side } from "./sides";

const COMMAND_LINE = commandLine({
  name: "bench:audited-reads",
  start: "npm run bench:audited-reads --",
  description: "Reads pages of history with and without their audit entries, and compares.",
  options: {
    runs: {
      type: "number",
      placeholder: "N",
      least: 1,
      default: 5,
      help: "Measured rounds; one more goes before them.",
    },
    seconds: { type: "number", placeholder: "N", least: 1, default: 5, help: "Length of each side's turn in a round." },
    folder: { type: "string", placeholder: "FOLDER", help: "Where the data goes. [the system's temporary folder]" },
  },
  operands: [],
});

/** Requests at a time. The service has six connections for them. */
const AT_ONCE = [1, 50, 400];

/** Figures of one turn; times in milliseconds for a read. */
interface Turn {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly client: number;
  readonly server: number;
  /** Bytes of write-ahead log for a read. */
  readonly wal: number;
}

runBenchmark(COMMAND_LINE, async ({ runs, seconds, folder = os.tmpdir() }) => {
  const server = await startServer(folder);
  try {
    console.log(machine());
    for (const atOnce of AT_ONCE) console.log(`\n${report(atOnce, await rounds(server, atOnce, runs, seconds))}`);
    console.log(`\n${await rowSize(server)}`);
  } finally {
    await server.close();
  }
});

/** Both sides take turns, so that a noisy machine meets both. The first round warms up. */
async function rounds(server: Server, atOnce: number, runs: number, seconds: number): Promise<Map<Side, Turn[]>> {
  const turns = new Map<Side, Turn[]>([ALONE, AUDITED].map((side) => [side, []]));
  for (let round = 0; round <= runs; round++) {
    const order = round % 2 ? [ALONE, AUDITED] : [AUDITED, ALONE];
    for (const side of order) {
      const turn = await measure(server, side, atOnce, round === 0 ? 1 : seconds);
      if (round > 0) turns.get(side)?.push(turn);
    }
  }
  return turns;
}

async function measure(server: Server, side: Side, atOnce: number, seconds: number): Promise<Turn> {
  const database = openDatabase(server);
  const pid = Number(server.postgres.pid);
  const lsn = async () =>
    (await server.query<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn"))[0]?.lsn;
  try {
    const [before, served, cpu] = [await lsn(), processorTime(pid), process.cpuUsage()];
    const times = (await load(database, side, atOnce, seconds)).sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    const [{ wal = 0 } = {}] = await server.query<{ wal: number }>(
      "select (pg_current_wal_insert_lsn() - $1::pg_lsn)::float8 as wal",
      [before],
    );
    const reads = times.length;
    const at = (share: number) => times[Math.floor(reads * share)] ?? Number.NaN;
    return {
      ...{ perSecond: reads / seconds, p50: at(0.5), p99: at(0.99), wal: wal / reads },
      ...{ client: (user + system) / 1000 / reads, server: (processorTime(pid) - served) / reads },
    };
  } finally {
    await database.close();
  }
}

function report(atOnce: number, turns: Map<Side, Turn[]>): string {
  const heads = [`${atOnce} at a time`, "reads/s", "p50 ms", "p99 ms", "service CPU ms", "server CPU ms", "WAL bytes"];
  const keys = ["perSecond", "p50", "p99", "client", "server", "wal"] as const;
  const digits = { perSecond: 0, p50: 2, p99: 1, client: 3, server: 3, wal: 0 };
  const rows = [...turns].map(([{ name }, all]) => [
    name,
    ...keys.map((key) => median(all.map((turn) => turn[key])).toFixed(digits[key])),
  ]);
  const [alone = [], audited = []] = [...turns.values()];
  // The median of each round's own ratio.
  const ratios = keys.map((key) =>
    median(audited.map((turn, round) => turn[key] / (alone[round]?.[key] ?? Number.NaN))),
  );
  const last = ["ratio", ...ratios.map((ratio, place) => (keys[place] === "wal" ? "" : ratio.toFixed(2)))];
  return markdown([heads, ...rows, last]);
}

/** Bytes of an entry in the table and in its indexes. */
async function rowSize(server: Server): Promise<string> {
  const [{ entries = 0, heap = 0, indexes = 0 } = {}] = await server.query<{
    entries: number;
    heap: number;
    indexes: number;
  }>(`
    select (select count(*) from audit_logs)::float8 as entries, sum(pg_table_size(oid))::float8 as heap,
      sum(pg_indexes_size(oid))::float8 as indexes
    from pg_class
    where oid = 'audit_logs'::regclass or oid in (select inhrelid from pg_inherits where inhparent = 'audit_logs'::regclass)`);
  const bytes = (all: number) => (all / entries).toFixed(0);
  return `An entry takes ${bytes(heap)} bytes, and ${bytes(indexes)} in indexes (${entries} entries).`;
}
