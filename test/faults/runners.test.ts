import { Client } from "pg";
import { EXIT } from "../../lib/contract";
import { lockIds } from "../../lib/migrator/database/lock";
import { recorded } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { type Finished, type Running, useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";
import { createWitnessed, effects, SEVEN, ups } from "./support/effects";

const postgres = usePostgres();
const migrate = useMigrateCommand();

interface Line {
  readonly event?: string;
  readonly result?: string;
  readonly applied?: readonly unknown[];
  readonly version?: number;
  readonly message?: string;
  readonly holders?: readonly { readonly pid: number; readonly application: string }[];
}

const lines = ({ stdout }: Finished): Line[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

const resultOf = (finished: Finished) => lines(finished).find(({ result }) => result === "up");

/** The first of seven takes so long that everybody has come before it ends. */
const slow = (seconds: number) =>
  makeFolder({ ...SEVEN, "000001_t1.up.sql": `${SEVEN["000001_t1.up.sql"]}select pg_sleep(${seconds});\n` });

const up = (url: string, folder: string, ...options: string[]) =>
  migrate(["up", "--json", "--dir", folder, ...options], { DATABASE_URL: url });

/** Waits until one of these runs sleeps in a migration, and returns its session's process. */
async function asleep(url: string, ...runs: readonly Running[]): Promise<number> {
  let ended: Finished | undefined;
  for (const { finished } of runs) {
    void finished.then((run) => {
      ended = run;
    });
  }
  for (;;) {
    if (ended) throw new Error(`Ended before it slept: ${JSON.stringify(ended)}`);
    const [row] = await postgres.query<{ pid: number }>(
      url,
      "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
    );
    if (row) return row.pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("on an empty database at once", () => {
  test.each([
    [2, 1.5],
    [20, 6],
  ])("%i runners: one applies, the others wait for it by name and have nothing to do", async (count, seconds) => {
    const url = await createWitnessed(postgres);
    const folder = slow(seconds);
    const runs = Array.from({ length: count }, () => up(url, folder));
    const pid = await asleep(url, ...runs);
    const finished = await Promise.all(runs.map((run) => run.finished));
    expect(finished.map(({ code, stderr }) => [code, stderr])).toEqual(finished.map(() => [EXIT.ok, ""]));
    const [waited, worked] = [finished.filter(hasWaited), finished.filter((run) => !hasWaited(run))];
    expect(worked.map((run) => resultOf(run)?.applied?.length)).toEqual([7]);
    expect(waited).toHaveLength(count - 1);
    for (const run of waited) {
      expect(resultOf(run)).toMatchObject({ applied: [], version: 7 });
      expect(lines(run)[0]?.holders).toEqual([
        expect.objectContaining({ pid, application: expect.stringMatching(/^migrate up@/) }),
      ]);
    }
    expect(await effects(postgres, url)).toBe(ups(7));
    const history = Array.from({ length: 7 }, (_, index) => `${index + 1}:applied`).join(" ");
    expect(await recorded(postgres, url)).toEqual({ history, version: "7,false" });
  });

  const hasWaited = (run: Finished) => lines(run).some(({ event }) => event === "waiting-for-lock");

  test("one that will not wait so long ends with code 6 and says for whom it waited", async () => {
    const url = await createWitnessed(postgres);
    const folder = slow(3);
    const first = up(url, folder);
    const pid = await asleep(url, first);
    const late = await up(url, folder, "--lock-wait", "0.3").finished;
    expect(late.code).toBe(EXIT.locked);
    expect(lines(late).at(-1)?.message).toMatch(new RegExp(`longer than 0\\.3 s: pid ${pid}, application migrate up@`));
    expect((await first.finished).code).toBe(EXIT.ok);
    expect(await effects(postgres, url)).toBe(ups(7));
  });

  test("the next one goes on at once when the first is killed", async () => {
    const url = await createWitnessed(postgres);
    const folder = slow(60);
    const first = up(url, folder);
    await asleep(url, first);
    const second = up(url, slow(0));
    await second.said(/waiting-for-lock/);
    first.child.kill("SIGKILL");
    const killed = Date.now();
    expect((await second.finished).code).toBe(EXIT.ok);
    expect(Date.now() - killed).toBeLessThan(4000);
    expect(await effects(postgres, url)).toBe(ups(7));
  });
});

describe("CREATE INDEX CONCURRENTLY by the holder, which waits for every older snapshot", () => {
  const WAITERS = 3;

  test("is not held up by those who wait for the lock", async () => {
    const url = await createWitnessed(postgres);
    const holder = new Client({ connectionString: url });
    await holder.connect();
    try {
      await holder.query("create table big as select generate_series(1, 100000) as id");
      for (const id of lockIds(new URL(url).pathname.slice(1))) await holder.query(`select pg_advisory_lock(${id})`);
      const waiting = Array.from({ length: WAITERS }, () => up(url, makeFolder(SEVEN)));
      await Promise.all(waiting.map((run) => run.said(/waiting-for-lock/)));
      await holder.query("set deadlock_timeout = '100ms'; set statement_timeout = '10s'");
      for (let index = 0; index < 20; index++) {
        await holder.query(`create index concurrently big_${index} on big (id)`);
      }
      await holder.end();
      const finished = await Promise.all(waiting.map((run) => run.finished));
      expect(finished.map(({ code }) => code)).toEqual(waiting.map(() => EXIT.ok));
      expect(await effects(postgres, url)).toBe(ups(7));
    } finally {
      await holder.end();
    }
  });

  test("in a migration of its own, while others wait", async () => {
    const url = await createWitnessed(postgres);
    const indexes = Array.from({ length: 20 }, (_, index) => `create index concurrently big_${index} on big (id);`);
    const folder = makeFolder(
      pairs({
        "1_big": "create table big as select generate_series(1, 100000) as id; select pg_sleep(1.5);",
        "2_indexes": [`-- migrate:no-transaction\n${indexes.join("\n")}\n`, "drop index big_0;"],
      }),
    );
    const runs = [up(url, folder)];
    await asleep(url, ...runs);
    runs.push(...Array.from({ length: WAITERS }, () => up(url, folder)));
    const finished = await Promise.all(runs.map((run) => run.finished));
    expect(finished.map(({ code }) => code)).toEqual(runs.map(() => EXIT.ok));
    expect(finished.map((run) => resultOf(run)?.applied?.length)).toEqual([2, 0, 0, 0]);
    expect(
      await postgres.query(
        url,
        "select from pg_index i join pg_class c on c.oid = indexrelid where indisvalid and relname ~ '^big_'",
      ),
    ).toHaveLength(20);
  });
});
