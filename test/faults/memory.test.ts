import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { recorded, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { type Running, useMigrateCommand } from "../migrator/support/process";
import { usePostgres } from "../support/postgres";
import { describeUnless } from "./support/programs";

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

const lacksProc = fs.existsSync("/proc/self/status")
  ? undefined
  : "there is no /proc to read the memory of a process from";

/** Why no memory limit can be set here; undefined if it can. */
function lacksLimits(): string | undefined {
  if (lacksProc) return lacksProc;
  const group = limited(256 * MIB);
  group?.remove();
  return group
    ? undefined
    : "no control group of version 1 can be made here; test/faults/memory-told has the limit told";
}

/** The most memory that a process had, in MiB, as Linux counted it. */
async function peakOf({ child, finished }: Running): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has just ended, and the peak before stands.
    }
  }, 20);
  await finished.finally(() => clearInterval(timer));
  return peak;
}

describeUnless(lacksProc, "a process of its own", () => {
  test("a file of 60 MB and hundreds of thousands of statements runs in less than 256 MiB", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(pairs({ "1_t": "create table t (a int, b text);", "2_rows": DENSE }));
    const running = migrate(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: folder });
    const peak = await peakOf(running);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(240);
    expect(await running.finished).toMatchObject({ code: EXIT.ok });
    const [counted] = await postgres.query<{ rows: number }>(url, "select count(*)::int as rows from t");
    expect(counted?.rows).toBe(LINES);
  });
});

describeUnless(lacksLimits(), "under a real memory limit", () => {
  test.each([256, 128])("in a container of %i MiB it runs, or is refused with nothing written", async (limit) => {
    const group = limited(limit * MIB);
    if (!group) throw new Error("The control group could be made before, and cannot now.");
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
});
