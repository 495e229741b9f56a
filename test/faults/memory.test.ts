import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { recorded, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { type Running, useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const migrate = useMigrateCommand();
const MIB = 1024 * 1024;

const line = (n: number) => `insert into t values (${n}, 'some text of a row, as a dump has it, of ${n}');\n`;
const LINES = Math.ceil(60e6 / line(100_000).length);
const DENSE = Array.from({ length: LINES }, (_, n) => line(n)).join("");

/** Puts a process into a control group of its own. Undefined where none can be made. */
function limited(bytes: number): { readonly add: (pid: number) => void; readonly remove: () => void } | undefined {
  const own = /^\d+:memory:(.*)$/m.exec(fs.readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  if (own === undefined) return undefined;
  const group = path.join("/sys/fs/cgroup/memory", own, `migrate-test-${process.pid}`);
  try {
    fs.mkdirSync(group);
    fs.writeFileSync(`${group}/memory.limit_in_bytes`, String(bytes));
  } catch {
    return undefined;
  }
  return {
    add: (pid) => fs.writeFileSync(`${group}/cgroup.procs`, String(pid)),
    remove: () => fs.rmdirSync(group),
  };
}

/** The most memory that a process had, in MiB, as Linux counted it. */
async function peakOf({ child, finished }: Running): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {}
  }, 20);
  await finished.finally(() => clearInterval(timer));
  return peak;
}

test("a file of 60 MB and hundreds of thousands of statements runs in less than 256 MiB", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_t": "create table t (a int, b text);", "2_rows": DENSE }));
  const running = migrate(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: folder });
  expect(await peakOf(running)).toBeLessThan(240);
  expect(await running.finished).toMatchObject({ code: EXIT.ok });
  const [counted] = await postgres.query<{ rows: number }>(url, "select count(*)::int as rows from t");
  expect(counted?.rows).toBe(LINES);
});

test.each([256, 128])("in a container of %i MiB it runs, or is refused with nothing written", async (limit) => {
  const group = limited(limit * MIB);
  // Elsewhere test/migrator/memory.test.ts has the limit told.
  if (!group) return;
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_t": "create table t (a int, b text);", "2_rows": DENSE }));
  const before = await writes(postgres, url);
  const running = migrate(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: folder });
  group.add(running.child.pid ?? 0);
  const { code, stderr } = await running.finished;
  group.remove();
  if (limit === 256) expect([code, (await recorded(postgres, url)).version]).toEqual([EXIT.ok, "2,false"]);
  else {
    expect([code, await writes(postgres, url)]).toEqual([EXIT.refused, before]);
    expect(stderr).toMatch(
      /2_rows\.up\.sql \([\d.]+ MB\) needs about \d+ MiB of memory, and this container may use 128 MiB/,
    );
  }
});
