import * as fs from "node:fs/promises";
import * as path from "node:path";
import { markdown } from "../report";
import { DATABASE } from "./data";
import { Samples } from "./samples";
import type { Setup } from "./setup";

const MONTHS = 12;
/** Months that are taken away, one after the other. */
const REMOVED = 3;
const LOOKUPS = 1000;

interface Cost {
  readonly seconds: number;
  readonly cpu: number;
  /** MiB of write-ahead log. */
  readonly wal: number;
}

const COPIES = ["whole", "parted"] as const;

/** Compares audit rows in one table with the same in monthly partitions: writing, asking, taking a month away. */
export async function partitions(setup: Setup): Promise<void> {
  const { server, settings, pace } = setup;
  await server.configure(settings);
  await server.query(await fs.readFile(path.join(__dirname, "partitions.sql"), "utf8"), [], DATABASE);
  const costs = new Samples<Cost>();
  const measure = async (what: string, copy: string, ...statements: string[]) =>
    costs.add(`${what}, ${copy}`, await cost(setup, statements));
  for (let month = 0; month < MONTHS; month++) {
    for (const copy of COPIES)
      await measure("insert", copy, `select bench.fill('${copy}', ${month}, ${pace.monthRows})`);
  }
  for (const copy of COPIES) await server.query(`vacuum (analyze) bench.${copy}`, [], DATABASE);
  for (let round = 0; round < pace.rounds; round++) {
    for (const copy of COPIES) await measure(`${LOOKUPS} lookups by person`, copy, lookups(copy));
  }
  for (let month = 0; month < REMOVED; month++) {
    const before = `timestamptz '2025-01-01 00:00Z' + ${month + 1} * interval '1 month'`;
    const remove = `delete from bench.whole where "timestamp" < ${before}`;
    await measure("a month away", "whole", remove, "vacuum bench.whole");
    await measure("a month away", "parted", `drop table bench.month_${month}`);
  }
  print(costs, pace.monthRows);
  await server.query("drop schema bench cascade", [], DATABASE);
}

/** Asks many times for what one person did last. */
const lookups = (copy: string) => `
  do $$
  begin
    for n in 1..${LOOKUPS} loop
      perform * from (
        select * from bench.${copy} where actor_id = md5(n::text)::uuid order by "timestamp" desc limit 20
      ) as newest;
    end loop;
  end
  $$`;

async function cost({ server }: Setup, statements: readonly string[]): Promise<Cost> {
  const before = { cpu: server.group.cpuMs, wal: await server.walKiB(), at: performance.now() };
  for (const statement of statements) await server.query(statement, [], DATABASE);
  const seconds = (performance.now() - before.at) / 1000;
  return { seconds, cpu: server.group.cpuMs - before.cpu, wal: ((await server.walKiB()) - before.wal) / 1024 };
}

function print(costs: Samples<Cost>, rows: number): void {
  const lines = costs.names.map((name) => [
    name,
    costs.median(name, ({ seconds }) => seconds).toFixed(3),
    costs.median(name, ({ cpu }) => cpu).toFixed(0),
    costs.median(name, ({ wal }) => wal).toFixed(1),
  ]);
  const heads = ["", "seconds", "CPU ms", "WAL MiB"];
  console.log(`\nAudit rows, ${MONTHS} months of ${rows}, medians\n\n${markdown([heads, ...lines])}`);
}
