import { Client } from "pg";
import { markdown } from "../report";
import type { LimitedServer } from "../scaling/limited-server";
import { quantile } from "../statistics";
import type { Filled } from "./database";
import { wrongPlan } from "./plan";
import { type Key, QUERIES, type Query } from "./queries";
import { QuietClock, type Took } from "./quiet-clock";

/** The large database's p99 may be this many times the small one's. */
const WANTED = 3;
/** Keys whose plans are looked at. */
const PLANNED = 5;
/** First executions, which do not count: they plan anew, and fill caches. */
const WARM_UP = 20;
/** Both databases take turns so many times. */
const ROUNDS = 4;
/** A round of slow queries ends after these milliseconds, and so does its warm-up. */
const PATIENCE = 20_000;
/** Keys of a round, however slow. */
const LEAST = 5;

/** A query that was asked with a random key, and at once again: then what it needs is in memory. */
interface Sample {
  readonly first: Took;
  readonly again: Took;
  /** Rows that it counted; 0 if it does not count. */
  readonly counted: number;
}

/** Asks each query of both databases with random keys, twice each, and tabulates plans, p50, p99 and their ratio. */
export async function compare(
  server: LimitedServer,
  sizes: readonly [Filled, Filled],
  samples: number,
): Promise<string> {
  const [small, large] = [await Asker.connect(server, sizes[0]), await Asker.connect(server, sizes[1])];
  try {
    const rows: string[][] = [];
    for (const query of QUERIES) {
      const plans = [await small.wrongPlans(query), await large.wrongPlans(query)].flat();
      const taken: [Sample[], Sample[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        taken[0].push(...(await small.ask(query, samples / ROUNDS)));
        taken[1].push(...(await large.ask(query, samples / ROUNDS)));
      }
      rows.push(rowOf(query, plans, taken));
      console.error(rows.at(-1)?.join(" | "));
    }
    const heads = ["p50 ms", "p99 ms", "p99 ms, again"].flatMap((head) =>
      sizes.map(({ size }) => `${size.name}: ${head}`),
    );
    const ratios = ["p99, ratio", "p99 again, ratio", "CPU p50 again, ratio"];
    return markdown([["query", ...heads, ...ratios, "samples", "by its index", ""], ...rows]);
  } finally {
    await small.close();
    await large.close();
  }
}

function rowOf(query: Query, plans: readonly string[], taken: readonly [Sample[], Sample[]]): string[] {
  const at = (share: number, figure: (sample: Sample) => number) =>
    taken.map((samples) =>
      quantile(
        samples.map((sample) => figure(sample) / (query.counts ? Math.max(sample.counted, 1) / 1000 : 1)),
        share,
      ),
    );
  const times = [
    at(0.5, ({ first }) => first.quiet),
    at(0.99, ({ first }) => first.quiet),
    at(0.99, ({ again }) => again.quiet),
  ];
  const [, p99, p99Again] = times.map(ratioOf);
  const cpu = ratioOf(at(0.5, ({ again }) => again.cpu));
  return [
    query.counts ? `${query.name}, for 1000 counted` : query.name,
    ...times.flat().map((ms) => ms.toFixed(ms < 10 ? 2 : 0)),
    ...[p99, p99Again, cpu].map((ratio) => ratio?.toFixed(2) ?? ""),
    taken.map(({ length }) => length).join(", "),
    plans.length === 0 ? "yes" : `NO: ${[...new Set(plans)].join("; ")}`,
    plans.length === 0 ? verdictOf(p99, p99Again) : "MISSED",
  ];
}

function verdictOf(p99 = Number.NaN, p99Again = Number.NaN): string {
  if (p99 <= WANTED) return "reached";
  return p99Again <= WANTED ? "reached in memory" : "MISSED";
}

const ratioOf = ([small = Number.NaN, large = Number.NaN]: readonly number[]) => large / small;

/** A session that asks one database, as one of data-svc's connections does: statements are prepared once. */
class Asker {
  private constructor(
    private readonly client: Client,
    private readonly clock: QuietClock,
    private readonly keys: readonly Key[],
  ) {}

  static async connect(server: LimitedServer, { database, sql }: Filled): Promise<Asker> {
    const client = new Client({ connectionString: server.postgres.url(database) });
    await client.connect();
    const [backend] = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
    const { rows: keys } = await client.query<Key>(await sql("keys"), [KEYS]);
    return new Asker(client, new QuietClock(backend?.pid ?? 0), keys);
  }

  async wrongPlans(query: Query): Promise<string[]> {
    const found = [];
    for (let n = 0; n < PLANNED; n++) found.push(await wrongPlan(this.client, query, this.#key()));
    return found.filter((reason) => reason !== undefined);
  }

  async ask(query: Query, samples: number): Promise<Sample[]> {
    const warm = performance.now() + PATIENCE;
    for (let n = 0; n < WARM_UP && performance.now() < warm; n++) await this.#once(query, this.#key());
    const taken: Sample[] = [];
    const until = performance.now() + PATIENCE;
    while (taken.length < samples && (taken.length < LEAST || performance.now() < until)) {
      const key = this.#key();
      const [{ counted, ...first }, again] = [await this.#once(query, key), await this.#once(query, key)];
      taken.push({ first, again, counted });
    }
    return taken;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  async #once(query: Query, key: Key): Promise<Took & Pick<Sample, "counted">> {
    const values = [...query.values(key)];
    if (query.changes) await this.client.query("begin");
    let counted = 0;
    const took = await this.clock.measure(async () => {
      const { rows } = await this.client.query({ name: query.name, text: query.text, values });
      if (query.counts) counted = Number(rows[0]?.count);
    });
    if (query.changes) await this.client.query("rollback");
    return { ...took, counted };
  }

  #key(): Key {
    const key = this.keys[Math.floor(Math.random() * this.keys.length)];
    if (key === undefined) throw new Error("there are no keys");
    return key;
  }
}

const KEYS = 5000;
