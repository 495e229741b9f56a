import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Client } from "pg";
import { readContents } from "../../lib/backup/contents";
import { usePostgres } from "../support/postgres";
import { ended, lacksDump, lacksMount, linesUntil, useDumpPod } from "./support/dump-pod";
import { describeUnless } from "./support/programs";

/** Has pg_dump wait a second before it begins. */
const SLOWLY = 'case " $* " in *snapshot*) sleep 1 ;; esac\nexec "$REAL/pg_dump" "$@"';

/** Waits until the session has its snapshot, and pg_dump is at work. */
async function untilDumping(client: Client): Promise<void> {
  const waiting = "application_name = 'postgres-backup' and state = 'idle in transaction'";
  while ((await client.query(`select from pg_stat_activity where ${waiting}`)).rowCount === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describeUnless(lacksDump(), "the container dump", () => {
  const postgres = usePostgres();
  const here = useDumpPod(postgres);

  test("a dump comes with exactly what it holds", async () => {
    await postgres.query(here.url, "create sequence tickets; select nextval('tickets') from generate_series(1, 7)");
    const { code, log } = await here.pod.run(here.database);
    expect([code, log]).toEqual([0, expect.stringMatching(/dumped \d+ bytes in \d+ s, SHA-256 [0-9a-f]{64}\n$/)]);
    const result = await here.pod.result();
    const { databaseTime: _, ...found } = await readContents({ connectionString: here.url });
    expect(result).toMatchObject(found);
    expect(result.sequences).toContainEqual({ name: "public.tickets", value: "7", called: true });
    expect(result.schema.version).toBe(7);
    const dump = await fs.readFile(path.join(here.pod.folder, "work", "dump.pgc"));
    expect(result.dump).toEqual({ bytes: dump.length, sha256: createHash("sha256").update(dump).digest("hex") });
    expect((await fs.readdir(path.join(here.pod.folder, "work"))).sort()).toEqual(["contents.json", "dump.pgc"]);
    expect(await here.pod.restoredDifferences()).toEqual([]);
  });

  describe("a password", () => {
    test("that stays wrong ends the dump with the Secret's name", async () => {
      await here.pod.mountPassword("guessed");
      const { code, log } = await here.pod.run(here.database, { LOGIN_SECONDS: 1 });
      await here.pod.restorePassword();
      expect([code, log]).toEqual([
        1,
        expect.stringContaining("refused the password in the Secret postgres-backup for 1 s"),
      ]);
      expect(here.pod.hasResult).toBe(false);
    });

    test("that is being rotated is read again", async () => {
      await here.pod.mountPassword("next");
      const dump = here.pod.start(here.database);
      await linesUntil(dump, /the password is refused/);
      await here.pod.restorePassword();
      expect((await ended(dump)).code).toBe(0);
      expect(await here.pod.restoredDifferences()).toEqual([]);
    });
  });

  describe("the server's limits", () => {
    test("for an idle transaction do not end the snapshot", async () => {
      await postgres.query(
        here.url,
        `alter database "${here.database}" set idle_in_transaction_session_timeout = '100ms'`,
      );
      await here.pod.wrap("pg_dump", SLOWLY);
      const { code, log } = await here.pod.run(here.database, { TRIES: 1 });
      await here.pod.unwrap("pg_dump");
      expect([code, log]).toEqual([0, expect.stringContaining("dumped")]);
      expect(await here.pod.restoredDifferences()).toEqual([]);
    });
  });

  describe("rows that cannot be read", () => {
    test("for want of a privilege end the dump", async () => {
      await postgres.query(here.url, "create table private (id int); revoke all on private from backup");
      const { code, log } = await here.pod.run(here.database);
      expect([code, log]).toEqual([
        1,
        expect.stringMatching(/permission denied for table private.*may not read everything/s),
      ]);
      expect(here.pod.hasResult).toBe(false);
    });

    test("for a policy end the dump, instead of being left out", async () => {
      await postgres.query(here.url, "alter table users enable row level security");
      const { code, log } = await here.pod.run(here.database, { TRIES: 1 });
      expect([code, log]).toEqual([1, expect.stringContaining("row-level security policy for table")]);
      expect(here.pod.hasResult).toBe(false);
    });

    test("in large objects end the dump", async () => {
      await postgres.query(here.url, "select lo_from_bytea(0, 'lost')");
      const { code, log } = await here.pod.run(here.database);
      expect([code, log]).toEqual([1, expect.stringContaining("Keep their contents in columns of type bytea")]);
    });
  });

  describe("a table that another session has locked", () => {
    test("is waited for", async () => {
      await postgres.connected(here.url, async (client) => {
        await client.query("begin; lock table users in access exclusive mode");
        const dump = here.pod.start(here.database);
        await linesUntil(dump, /another session has locked a table, probably a migration; tries again/);
        await client.query("delete from model_versions");
        await client.query("commit");
        expect((await ended(dump)).code).toBe(0);
      });
      expect(await here.pod.restoredDifferences()).toEqual([]);
    });

    test("ends the dump when it stays so", async () => {
      await postgres.connected(here.url, async (client) => {
        await client.query("begin; lock table users in access exclusive mode");
        const { code, log } = await here.pod.run(here.database, { LOCKED_SECONDS: 1 });
        expect([code, log]).toEqual([
          1,
          expect.stringContaining("another session has locked a table for 1 s, probably a migration"),
        ]);
      });
      expect(here.pod.hasResult).toBe(false);
    });

    test("and that pg_dump queues for behind another gets it at the next try", async () => {
      // A statement that waits for the session's lock makes pg_dump wait behind it, which no server calls a deadlock.
      await here.pod.wrap("pg_dump", SLOWLY);
      const dump = here.pod.start(here.database);
      const altered = postgres.connected(here.url, async (client) => {
        await untilDumping(client);
        await client.query("alter table users add column shoe_size int");
      });
      const { code, log } = await ended(dump);
      await altered;
      await here.pod.unwrap("pg_dump");
      expect([code, log]).toEqual([0, expect.stringContaining("the session failed; tries again")]);
      expect(await here.pod.restoredDifferences()).toEqual([]);
    });
  });

  test("a server that is killed in the middle is waited for, and dumped anew", async () => {
    await here.pod.wrap("pg_dump", SLOWLY);
    const dump = here.pod.start(here.database);
    const log = ended(dump);
    await postgres.connected(postgres.server.url(), async (client) => {
      await untilDumping(client);
    });
    await postgres.server.stop("immediate");
    await postgres.server.restart();
    await here.pod.unwrap("pg_dump");
    expect(await log).toEqual({ code: 0, log: expect.stringContaining("tries again") });
    expect(await here.pod.restoredDifferences()).toEqual([]);
  });

  describeUnless(lacksMount(), "on a small volume", () => {
    test("a volume without room is said to be too small", async () => {
      const work = path.join(here.pod.folder, "small");
      await fs.mkdir(work);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", work]);
      try {
        const { code, log } = await here.pod.run(here.database, { WORK: work });
        expect([code, log]).toEqual([
          1,
          expect.stringMatching(/too small for the dump\. Raise backup\.scratch of the stage, which is 1Gi/),
        ]);
        expect(await fs.readdir(work)).not.toContain("contents.json");
      } finally {
        execFileSync("umount", [work]);
      }
    });
  });
});
