import { unlinkSync } from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../../lib/contract";
import { lockIds } from "../../../lib/migrator/database/lock";
import { usePostgres } from "../../support/postgres";
import { migrateHere } from "../support/command";
import { writes } from "../support/database";
import { pairs, tables, write } from "../support/folder";
import { names, repairable, table } from "../support/repair";

const postgres = usePostgres();

const [A, B] = [table("a"), table("b")];

describe("it", () => {
  const swap = () => repairable(postgres, pairs({ "1_a": A, "2_b": B }), pairs({ "1_b": B, "2_a": A }));

  test("lists each step and asks; after a no nothing is written", async () => {
    const { url, environment, run } = await swap();
    const before = await writes(postgres, url);
    const ask = jest.fn(async () => "n");
    const { code, stdout } = await migrateHere(["repair"], environment, { ask });
    expect(ask).toHaveBeenCalledWith("Write it? Type yes: ");
    expect(stdout).toContain(`This will be written, and nothing be run:
  renumber 1 → 2: what ran as 1 (a) is 2_a
  renumber 2 → 1: what ran as 2 (b) is 1_b
Nothing was written.`);
    expect(code).toBe(EXIT.ok);
    expect(await run("repair")).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining("--yes") });
    expect(await run("repair", "--dry-run")).toMatchObject({
      code: EXIT.pending,
      stdout: expect.stringMatching(
        /renumber 1 → 2.*\n.*renumber 2 → 1.*\n2 steps to repair; nothing was written\.\n$/,
      ),
    });
    expect(await writes(postgres, url)).toBe(before);
  });

  test("records who changed what, when, from what to what", async () => {
    const { url, run } = await swap();
    await run("repair", "--yes");
    const [first, ...others] = await postgres.query(url, "select * from migrate.repairs order by id");
    expect(others).toHaveLength(1);
    expect(first).toMatchObject({
      action: "renumber",
      before: [expect.objectContaining({ version: 1, name: "a", kind: "applied", applied_by: "diabrisk" })],
      after: { version: 2, name: "a", checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
      repaired_at: expect.any(Date),
      repaired_by: "diabrisk",
      application: expect.stringMatching(/^migrate repair@/),
    });
  });

  test("is one transaction: what fails in the middle leaves nothing", async () => {
    const { url, run } = await swap();
    await postgres.query(
      url,
      `create function stop() returns trigger language plpgsql as $$ begin raise 'stopped'; end $$;
       create trigger stop before insert on schema_migrations for each row execute function stop()`,
    );
    expect((await run("repair", "--yes")).code).toBe(EXIT.failure);
    expect(await names(postgres, url)).toBe("1 a, 2 b");
    expect(await postgres.query(url, "select from migrate.repairs")).toEqual([]);
  });

  test.each([
    ["a dirty database", "update schema_migrations set dirty = true", /is dirty/],
    ["what another runner holds", "", /held the lock/],
  ])("refuses %s", async (what, sql, says) => {
    const { url, run } = await swap();
    if (sql) await postgres.query(url, sql);
    await postgres.connected(url, async (client) => {
      if (what.startsWith("what"))
        await client.query(`select pg_advisory_lock(${lockIds(new URL(url).pathname.slice(1))[1]})`);
      const { code, stderr } = await run("repair", "--yes", "--lock-wait", "0.1");
      expect(stderr).toMatch(says);
      expect(code).toBe(what.startsWith("what") ? EXIT.locked : EXIT.refused);
    });
    expect(await names(postgres, url)).toBe("1 a, 2 b");
  });

  test("leaves a half done migration to up or down", async () => {
    const files = pairs({ "1_a": A, "2_b": "-- migrate:no-transaction\nselect 1;\nselect nope;" });
    const { folder, run } = await repairable(postgres, pairs({ "1_a": A }), files);
    expect((await run("up")).code).toBe(EXIT.sql);
    write(folder, pairs({ "1_b": B, "3_a": A }));
    for (const way of ["up", "down"]) unlinkSync(path.join(folder, `1_a.${way}.sql`));
    const { code, stderr } = await run("repair", "--yes");
    expect(code).toBe(EXIT.refused);
    expect(stderr).toContain("2_b is half done: 1 statement is finished. `migrate up` goes on with statement 2.");
  });

  test("says so if the role may not", async () => {
    const { url, environment } = await swap();
    await postgres.query(url, "create role weak login password 'weak'; grant pg_read_all_data to weak");
    const weak = new URL(url);
    [weak.username, weak.password] = ["weak", "weak"];
    const { code, stderr } = await migrateHere(["repair", "--yes"], { ...environment, DATABASE_URL: weak.href });
    expect(stderr).toMatch(/cannot be made: permission denied/);
    expect(code).toBe(EXIT.refused);
  });

  test("has nothing to do where nothing has changed, and writes nothing", async () => {
    const { url, run } = await repairable(postgres, tables(2));
    const before = await writes(postgres, url);
    expect(await run("repair", "--yes", "--no-drift")).toMatchObject({ code: EXIT.ok });
    expect(await writes(postgres, url)).toBe(before);
    expect(await run("repair", "--accept", "1", "--yes")).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("--accept names version 1, but that is what ran"),
    });
    expect(await run("repair", "--accept", "x", "--yes")).toMatchObject({ code: EXIT.usage });
  });

  test("of a missing file says so as up does", async () => {
    const { folder, run } = await repairable(postgres, tables(3));
    unlinkSync(path.join(folder, "000002_t2.up.sql"));
    unlinkSync(path.join(folder, "000002_t2.down.sql"));
    expect(await run("repair", "--yes")).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("Version 2 (t2) has been applied, but its file is not in"),
    });
  });
});
