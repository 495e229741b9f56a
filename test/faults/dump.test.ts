import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { readContents } from "../../lib/backup/contents";
import { usePostgres } from "../support/postgres";
import { DumpPod, ended, killAll, killOne, linesUntil } from "./support/dump-pod";

const postgres = usePostgres();
let pod: DumpPod | undefined;
let database: string;
let url: string;

beforeAll(async () => {
  pod = await DumpPod.prepare(postgres);
});
beforeEach(async () => {
  url = await postgres.createMigratedDatabase();
  database = new URL(url).pathname.slice(1);
  await postgres.query(url, readable());
});
afterAll(() => pod?.remove());

/** Lets role backup read everything, also what is made later. */
const readable = () => `
  grant usage on schema public, migrate to backup;
  grant select on all tables in schema public, migrate to backup;
  grant select on all sequences in schema public, migrate to backup;
  alter default privileges grant select on tables to backup;
  alter default privileges grant select on sequences to backup`;

/** Declares a test that needs pg_dump 16; without, it has been said that it is skipped. */
const dumps = (sentence: string, run: (pod: DumpPod) => Promise<void>, timeout?: number) =>
  test(
    sentence,
    async () => {
      if (pod) await run(pod);
    },
    timeout,
  );

dumps("a dump comes with exactly what it holds", async (pod) => {
  await postgres.query(url, "create sequence tickets; select nextval('tickets') from generate_series(1, 7)");
  const { code, log } = await pod.run(database);
  expect([code, log]).toEqual([0, expect.stringMatching(/dumped \d+ bytes in \d+ s, SHA-256 [0-9a-f]{64}\n$/)]);
  const result = await pod.result();
  const { databaseTime: _, ...found } = await readContents({ connectionString: url });
  expect(result).toMatchObject(found);
  expect(result.sequences).toContainEqual({ name: "public.tickets", value: "7", called: true });
  expect(result.schema.version).toBe(7);
  const dump = await fs.readFile(path.join(pod.folder, "work", "dump.pgc"));
  expect(result.dump).toEqual({ bytes: dump.length, sha256: createHash("sha256").update(dump).digest("hex") });
  expect((await fs.readdir(path.join(pod.folder, "work"))).sort()).toEqual(["contents.json", "dump.pgc"]);
  expect(await pod.restoredDifferences()).toEqual([]);
});

describe("a password", () => {
  dumps("that stays wrong ends the dump with the Secret's name", async (pod) => {
    await pod.mountPassword("guessed");
    const { code, log } = await pod.run(database, { LOGIN_SECONDS: 1 });
    await pod.restorePassword();
    expect([code, log]).toEqual([
      1,
      expect.stringContaining("refused the password in the Secret postgres-backup for 1 s"),
    ]);
    expect(pod.hasResult).toBe(false);
  });

  dumps("that is being rotated is read again", async (pod) => {
    await pod.mountPassword("next");
    const dump = pod.start(database);
    await linesUntil(dump, /the password is refused/);
    await pod.restorePassword();
    expect((await ended(dump)).code).toBe(0);
    expect(await pod.restoredDifferences()).toEqual([]);
  });
});

describe("the server's limits", () => {
  dumps("for an idle transaction do not end the snapshot", async (pod) => {
    await postgres.query(url, `alter database "${database}" set idle_in_transaction_session_timeout = '100ms'`);
    await pod.wrap("pg_dump", 'case " $* " in *snapshot*) sleep 1 ;; esac\nexec "$REAL/pg_dump" "$@"');
    const { code, log } = await pod.run(database, { TRIES: 1 });
    await pod.unwrap("pg_dump");
    expect([code, log]).toEqual([0, expect.stringContaining("dumped")]);
    expect(await pod.restoredDifferences()).toEqual([]);
  });
});

describe("rows that cannot be read", () => {
  dumps("for want of a privilege end the dump", async (pod) => {
    await postgres.query(url, "create table private (id int); revoke all on private from backup");
    const { code, log } = await pod.run(database);
    expect([code, log]).toEqual([
      1,
      expect.stringMatching(/permission denied for table private.*may not read everything/s),
    ]);
    expect(pod.hasResult).toBe(false);
  });

  dumps("for a policy end the dump, instead of being left out", async (pod) => {
    await postgres.query(url, "alter table users enable row level security");
    const { code, log } = await pod.run(database, { TRIES: 1 });
    expect([code, log]).toEqual([1, expect.stringContaining("row-level security policy for table")]);
    expect(pod.hasResult).toBe(false);
  });

  dumps("in large objects end the dump", async (pod) => {
    await postgres.query(url, "select lo_from_bytea(0, 'lost')");
    const { code, log } = await pod.run(database);
    expect([code, log]).toEqual([1, expect.stringContaining("Keep their contents in columns of type bytea")]);
  });
});

describe("a table that another session has locked", () => {
  dumps("is waited for", async (pod) => {
    await postgres.connected(url, async (client) => {
      await client.query("begin; lock table users in access exclusive mode");
      const dump = pod.start(database);
      await linesUntil(dump, /another session has locked a table, probably a migration; tries again/);
      await client.query("delete from model_versions");
      await client.query("commit");
      expect((await ended(dump)).code).toBe(0);
    });
    expect(await pod.restoredDifferences()).toEqual([]);
  });

  dumps("ends the dump when it stays so", async (pod) => {
    await postgres.connected(url, async (client) => {
      await client.query("begin; lock table users in access exclusive mode");
      const { code, log } = await pod.run(database, { LOCKED_SECONDS: 1 });
      expect([code, log]).toEqual([
        1,
        expect.stringContaining("another session has locked a table for 1 s, probably a migration"),
      ]);
    });
    expect(pod.hasResult).toBe(false);
  });

  dumps("and that pg_dump queues for behind another gets it at the next try", async (pod) => {
    // A statement that waits for the session's lock makes pg_dump wait behind it, which no server calls a deadlock.
    await pod.wrap("pg_dump", 'case " $* " in *snapshot*) sleep 1 ;; esac\nexec "$REAL/pg_dump" "$@"');
    const dump = pod.start(database);
    const altered = postgres.connected(url, async (client) => {
      while (
        (
          await client.query(
            "select from pg_stat_activity where application_name = 'postgres-backup' and state = 'idle in transaction'",
          )
        ).rowCount === 0
      );
      await client.query("alter table users add column shoe_size int");
    });
    const { code, log } = await ended(dump);
    await altered;
    await pod.unwrap("pg_dump");
    expect([code, log]).toEqual([0, expect.stringContaining("the session failed; tries again")]);
    expect(await pod.restoredDifferences()).toEqual([]);
  });
});

dumps("a volume without room is said to be too small", async (pod) => {
  if (process.getuid?.() !== 0) return console.warn("skipped: only root may mount a small volume.");
  const work = path.join(pod.folder, "small");
  await fs.mkdir(work);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", work]);
  } catch (error) {
    return console.warn(`skipped: this machine lets nobody mount a volume. ${(error as Error).message}`);
  }
  try {
    const { code, log } = await pod.run(database, { WORK: work });
    expect([code, log]).toEqual([
      1,
      expect.stringMatching(/too small for the dump\. Raise backup\.scratch of the stage, which is 1Gi/),
    ]);
    expect(await fs.readdir(work)).not.toContain("contents.json");
  } finally {
    execFileSync("umount", [work]);
  }
});

dumps("a server that is killed in the middle is waited for, and dumped anew", async (pod) => {
  await pod.wrap("pg_dump", 'case " $* " in *snapshot*) sleep 1 ;; esac\nexec "$REAL/pg_dump" "$@"');
  const dump = pod.start(database);
  const log = ended(dump);
  await postgres.connected(postgres.server.url(), async (client) => {
    while (
      (
        await client.query(
          "select from pg_stat_activity where application_name = 'postgres-backup' and state = 'idle in transaction'",
        )
      ).rowCount === 0
    );
  });
  await postgres.server.stop("immediate");
  await postgres.server.restart();
  await pod.unwrap("pg_dump");
  expect(await log).toEqual({ code: 0, log: expect.stringContaining("tries again") });
  expect(await pod.restoredDifferences()).toEqual([]);
});

dumps("a dump that is cut anywhere is refused", async (pod) => {
  await postgres.query(url, "create table filler as select i, md5(i::text) from generate_series(1, 20000) i");
  await pod.run(database);
  const whole = await fs.readFile(path.join(pod.folder, "work", "dump.pgc"));
  const cut = path.join(pod.folder, "cut.pgc");
  for (let round = 0; round < 50; round++) {
    const length = Math.floor(Math.random() * whole.length);
    await fs.writeFile(cut, whole.subarray(0, length));
    const { code } = await pod.tool("pg_restore", ["-f", "/dev/null", cut]);
    expect([length, code]).toEqual([length, 1]);
  }
});

dumps(
  "psql, pg_dump, pg_restore or the shell killed at 50 moments leave no result, or a whole one",
  async (pod) => {
    await postgres.query(url, "create table filler as select i, md5(i::text) from generate_series(1, 20000) i");
    const started = Date.now();
    await pod.run(database);
    const duration = Date.now() - started;
    const outcomes: string[] = [];
    for (let round = 0; round < 50; round++) {
      const dump = pod.start(database, { TRIES: 1 });
      const end = ended(dump);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * duration));
      const killed = killOne(dump.pid ?? 0);
      const { code } = await end;
      if (pod.hasResult) {
        const { dump: described } = await pod.result();
        const bytes = await fs.readFile(path.join(pod.folder, "work", "dump.pgc"));
        expect(described).toEqual({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
      }
      expect([killed, code === 0 && !pod.hasResult]).toEqual([killed, false]);
      outcomes.push(`${killed}: ${pod.hasResult ? "whole" : "none"}`);
      killAll(dump.pid ?? 0);
      await fs.rm(path.join(pod.folder, "work", "contents.json"), { force: true });
    }
    // Some of either, or the moments were not random.
    expect(new Set(outcomes.map((outcome) => outcome.split(": ")[1]))).toEqual(new Set(["whole", "none"]));
  },
  400_000,
);

dumps(
  "whatever changes tables during a dump, it restores to exactly what it says",
  async (pod) => {
    await postgres.query(
      url,
      "create table t0 (id int generated always as identity, v int); insert into t0 (v) select generate_series(1, 3000)",
    );
    let whole = 0;
    for (let round = 0; round < 15; round++) {
      const dump = pod.start(database, { TRIES: 10 });
      const end = ended(dump);
      let over = false;
      void end.then(() => {
        over = true;
      });
      await postgres.connected(url, async (client) => {
        await client.query("set lock_timeout = '200ms'");
        while (!over) {
          await client.query(change()).catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
        }
      });
      const { code, log } = await end;
      if (code === 0) {
        whole++;
        expect(await pod.restoredDifferences()).toEqual([]);
      } else expect([pod.hasResult, log]).toEqual([false, expect.stringContaining("tries have failed")]);
    }
    expect(whole).toBeGreaterThan(5);
  },
  400_000,
);

const some = () => `t${Math.floor(Math.random() * 4)}`;

/** One change that somebody might make to tables, which may fail. */
function change(): string {
  const [one, other] = [some(), some()];
  const changes = [
    `create table ${one} (id int generated always as identity, v int); insert into ${one} (v) select generate_series(1, 3000)`,
    `drop table ${one}`,
    `alter table ${one} rename to ${other}`,
    `begin; alter table ${one} rename to swapped; alter table ${other} rename to ${one}; alter table swapped rename to ${other}; commit`,
    `truncate ${one}`,
    `begin; truncate ${one}; insert into ${one} (v) values (7); commit`,
    `alter table ${one} alter column v type bigint`,
    `alter table ${one} alter column v type text`,
    `alter table ${one} add column extra int default 7`,
    `insert into ${one} (v) select generate_series(1, 300)`,
    `delete from ${one} where id % 3 = 0`,
  ];
  return changes[Math.floor(Math.random() * changes.length)] ?? "";
}
