import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedPostgres } from "../../../lib/local/embedded-postgres";
import type { TestPostgres } from "../../support/postgres";
import { random } from "../../support/random";
import { NOTHING_RAN } from "./database";
import { type Files, pairs } from "./folder";
import type { Running } from "./process";
import { CountingProxy } from "./proxy";

/** Set by KILLS_SEED (jest.config.js), so that a failure can be repeated. */
export function killSeed(): number {
  const given = (globalThis as { KILLS_SEED?: string }).KILLS_SEED;
  return given ? Number(given) : Math.floor(Math.random() * 1e9);
}

const say = (what: string) => `insert into effects.log (what) values ('${what}');\n`;
const MARK = "-- migrate:no-transaction\n";

/** What a run of a folder leaves, however often it was interrupted. */
export interface Workload {
  readonly files: Files;
  readonly effects: readonly string[];
  /** Every index of the folder's tables. */
  readonly indexes: readonly string[];
  readonly versions: readonly number[];
}

/** Ten migrations, each of which says before and after a moment that it ran. */
export const TRANSACTIONAL: Workload = {
  files: pairs(
    Object.fromEntries(
      numbers(10).map((n) => [
        `${n}_t`,
        `${say(`+${n}`)}create table t${n} (id int);\nselect pg_sleep(0.012);\n${say(`-${n}`)}`,
      ]),
    ),
  ),
  effects: numbers(10).flatMap((n) => [`+${n}`, `-${n}`]),
  indexes: [],
  versions: numbers(10),
};

/** Whatever cannot run in a transaction, between statements that would show if they ran twice or not at all. */
export const STEPWISE: Workload = {
  files: pairs({
    "1_a": `create table a (id int, b int, c text);
insert into a select n, n % 7, repeat('x', 50) from generate_series(1, 3000) n;
create table p (id int) partition by range (id); create table p1 partition of p for values from (0) to (10);
create table p2 partition of p for values from (10) to (20);\n${say("1")}`,
    "2_b": `${MARK}${say("2.1")}create index concurrently named on a (b);
${say("2.2")}create unique index concurrently on a (id);
vacuum (analyze) a;
${say("2.3")}set work_mem = '8MB';
do $$ begin insert into effects.log (what) values ('twice'); commit; perform pg_sleep(0.01); end $$;
create index concurrently if not exists other on a (lower(c)) where b > 3;
${say("2.4")}reindex (concurrently) index named;
drop index concurrently other;
${say("2.5")}`,
    "3_c": `create table c (id int);\n${say("3")}`,
    "4_d": `${MARK}alter table p detach partition p1 concurrently;
${say("4.1")}create index concurrently c_id on c (id);\n${say("4.2")}`,
  }),
  effects: ["1", "2.1", "2.2", "2.3", "2.4", "2.5", "3", "4.1", "4.2"],
  indexes: ["a_id_idx", "c_id", "named"],
  versions: [1, 2, 3, 4],
};

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

export type Migrate = (args: readonly string[], environment: Readonly<Record<string, string>>) => Running;

/** A run that something is about to happen to. */
export interface Victim {
  readonly running: Running;
  readonly url: string;
  readonly postgres: TestPostgres;
  readonly proxy: CountingProxy | undefined;
}

export interface Fault {
  readonly name: string;
  /** Whether the run goes through a proxy. */
  readonly proxied?: boolean;
  strike(victim: Victim): Promise<void>;
  /** The least share of the moments that have to strike before the run has ended: it connects only when Node has started. */
  readonly share: number;
  /** How the run may end that it strikes: by itself, or so. */
  readonly ends: readonly (number | null)[];
}

export const SIGKILL: Fault = {
  name: "SIGKILL of the process",
  share: 1 / 3,
  ends: [0, null],
  strike: async ({ running }) => {
    running.child.kill("SIGKILL");
  },
};

export const TERMINATE: Fault = {
  name: "pg_terminate_backend of its session",
  share: 1 / 6,
  ends: [0, 7],
  strike: async ({ url, postgres }) => {
    const sessions =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'migrate %' and datname = current_database()";
    await postgres.query(url, sessions);
  },
};

export const STOP: Fault = {
  name: "pg_ctl stop -m immediate",
  share: 1 / 6,
  ends: [0, 7],
  strike: async ({ postgres }) => {
    await (postgres.server as EmbeddedPostgres).stop("immediate");
    await postgres.server.restart();
  },
};

export const CUT: Fault = {
  name: "a cut connection",
  share: 1 / 6,
  proxied: true,
  ends: [0, 7],
  strike: async ({ proxy }) => proxy?.cut(),
};

export interface Siege {
  readonly postgres: TestPostgres;
  readonly migrate: Migrate;
  readonly folder: string;
  readonly workload: Workload;
  readonly fault: Fault;
  readonly times: number;
  readonly seed: number;
}

/**
 * Strikes a run at random moments of its duration, each in a database of its own, and has every one followed by an `up`
 * without any other help. Goes on, up to three times as often, until enough of them were struck before they had ended, or this
 * would show nothing. Throws for the first one that is not right.
 */
export async function besiege(siege: Siege): Promise<void> {
  const { fault, times, seed } = siege;
  const next = random(seed);
  const enough = Math.ceil(times * fault.share);
  let duration = await undisturbed(siege);
  let struck = 0;
  for (let n = 1; n <= times || (struck < enough && n <= 3 * times); n++) {
    const moment = next() * duration;
    try {
      const run = await once(siege, moment);
      if (run.struck) struck++;
      // The machine may be busier or idler than when the first one was measured.
      else duration = run.milliseconds;
    } catch (error) {
      const where = `${fault.name} no. ${n} of ${times}, ${moment.toFixed(1)} ms after the start, KILLS_SEED=${seed}`;
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (struck < enough) throw new Error(`${fault.name} struck ${struck} of ${3 * times} runs; ${enough} have to be.`);
}

const durations = new WeakMap<Workload, Promise<number>>();

/** Milliseconds that a run takes which nothing happens to, measured once in a test file. */
function undisturbed(siege: Siege): Promise<number> {
  const duration = durations.get(siege.workload) ?? measure(siege);
  durations.set(siege.workload, duration);
  return duration;
}

/** Of the second run, when files and caches are warm. */
async function measure(siege: Siege): Promise<number> {
  let duration = 0;
  for (let n = 0; n < 2; n++) {
    const { url, environment } = await database(siege, undefined);
    const started = performance.now();
    const { code, stderr } = await siege.migrate(["up"], environment).finished;
    duration = performance.now() - started;
    if (code !== 0) throw new Error(`undisturbed it ends with ${code}: ${stderr}`);
    await check(siege, url);
  }
  return duration;
}

async function once(siege: Siege, moment: number): Promise<{ struck: boolean; milliseconds: number }> {
  const { postgres, migrate, fault } = siege;
  const proxy = fault.proxied ? await CountingProxy.start(postgres.server.port) : undefined;
  const { url, environment } = await database(siege, proxy?.port);
  const started = performance.now();
  const running = migrate(["up"], environment);
  const ended = running.finished.then(() => performance.now() - started);
  await sleep(moment);
  await fault.strike({ running, url, postgres, proxy });
  const first = await running.finished;
  if (!fault.ends.includes(first.code)) throw new Error(`it ended with ${first.code}: ${first.stderr}`);
  const second = await migrate(["up"], environment).finished;
  if (second.code !== 0) throw new Error(`the next up ended with ${second.code}: ${second.stdout}${second.stderr}`);
  await check(siege, url);
  await proxy?.close();
  await postgres.query(postgres.server.url(), `drop database "${new URL(url).pathname.slice(1)}" with (force)`);
  return { struck: first.code !== 0, milliseconds: await ended };
}

async function database({ postgres, folder }: Siege, port: number | undefined) {
  const url = await postgres.createDatabase();
  await postgres.query(url, `${NOTHING_RAN}; create schema effects create table log (id serial, what text)`);
  const through = port === undefined ? url : url.replace(`:${postgres.server.port}/`, `:${port}/`);
  return { url, environment: { DATABASE_URL: through, MIGRATIONS_DIR: folder } };
}

const FOUND = `select
  (select coalesce(array_agg(what order by id) filter (where what <> 'twice'), '{}') from effects.log) as effects,
  (select count(*)::int from effects.log where what = 'twice') as twice,
  (select coalesce(array_agg(c.relname::text || case when i.indisvalid then '' else ' INVALID' end order by c.relname), '{}')
   from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'public' and c.relname <> 'schema_migrations_pkey') as indexes,
  (select array_agg(version::int order by id) from migrate.history) as versions,
  (select string_agg(version || ',' || dirty, ' ') from public.schema_migrations) as mark,
  (select count(*)::int from migrate.progress) as progress`;

/** Everything is there, recorded once, and no statement ran twice but the one that commits on its way, if it was in flight. */
async function check({ postgres, workload }: Siege, url: string): Promise<void> {
  const [found] = await postgres.query<{ twice: number }>(url, FOUND);
  const { effects, indexes, versions } = workload;
  const twice = workload === STEPWISE ? [1, 2] : [0];
  expect(found).toEqual({
    effects,
    indexes,
    versions,
    mark: `${versions.at(-1)},false`,
    progress: 0,
    twice: expect.any(Number),
  });
  expect(twice).toContain(found?.twice);
}
