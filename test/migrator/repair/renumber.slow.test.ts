import { EXIT } from "../../../lib/contract";
import { usePostgres } from "../../support/postgres";
import { recorded, writes } from "../support/database";
import { type Files, pairs } from "../support/folder";
import { names, repairable, table } from "../support/repair";

const postgres = usePostgres();

const [A, B, C] = [table("a"), table("b"), table("c")];

describe("renumbered after merging branches", () => {
  test("up names what ran as which number, what has not run, and the command", async () => {
    const { run, url } = await repairable(postgres, pairs({ "000001_a": A }), pairs({ "000001_b": B, "000002_a": A }));
    const before = await writes(postgres, url);
    const { code, stderr } = await run("up");
    expect(code).toBe(EXIT.refused);
    expect(stderr).toContain("what ran as 1 (a) is now 000002_a; 000001_b has not run");
    expect(stderr).toContain("`migrate repair`");
    expect(stderr).not.toMatch(/restore|changed since/i);
    expect((await run("status")).stdout).toMatch(/1 {2}a .* renumbered\n +1 {2}b +pending\n/);
    expect(await writes(postgres, url)).toBe(before);
  });

  test("the history gets the new numbers, and nothing else of it changes", async () => {
    const { run, url } = await repairable(postgres, pairs({ "000001_a": A }), pairs({ "000001_b": B, "000002_a": A }));
    const fields = "applied_at, applied_by, duration, kind, checksum, application, release";
    const rows = () => postgres.query(url, `select ${fields} from migrate.history where reverted_at is null`);
    const before = await rows();
    const { code, stdout } = await run("repair", "--yes");
    expect(stdout).toContain("renumber 1 → 2: what ran as 1 (a) is 000002_a");
    expect(stdout).toContain("public.schema_migrations: (1, false) becomes (2, false)");
    // b is pending below it, which only a person can decide.
    expect(code).toBe(EXIT.pending);
    expect(await rows()).toEqual(before);
    expect(await names(postgres, url)).toBe("2 a");
    expect((await recorded(postgres, url)).version).toBe("2,false");
    expect((await run("up")).stderr).toMatch(/000001_b\.up\.sql is late/);
    expect(await run("up", "--allow-out-of-order")).toMatchObject({ code: EXIT.ok });
    expect(await run("verify")).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining("No drift") });
    expect(await run("down", "--all", "--yes")).toMatchObject({ code: EXIT.ok });
  });

  const cases: Readonly<Record<string, [before: Files, after: Files, names: string]>> = {
    "a swap": [pairs({ "1_a": A, "2_b": B }), pairs({ "1_b": B, "2_a": A }), "1 b, 2 a"],
    "a chain": [pairs({ "1_a": A, "2_b": B, "3_c": C }), pairs({ "2_a": A, "3_b": B, "4_c": C }), "2 a, 3 b, 4 c"],
    "a circle": [pairs({ "1_a": A, "2_b": B, "3_c": C }), pairs({ "1_c": C, "2_a": A, "3_b": B }), "1 c, 2 a, 3 b"],
    "a smaller number": [pairs({ "1_a": A, "9_b": B }), pairs({ "1_a": A, "2_b": B }), "1 a, 2 b"],
    "the number 0": [pairs({ "1_a": A }), pairs({ "0_a": A }), "0 a"],
    "numbers of time": [
      pairs({ "1_a": A, "2_b": B }),
      pairs({ "20260101000000_a": A, "20260102000000_b": B }),
      "20260101000000 a, 20260102000000 b",
    ],
    "another name, too": [pairs({ "1_a": A, "2_b": B }), pairs({ "1_a": A, "3_bees": B }), "1 a, 3 bees"],
    "the same text, told by the name": [
      pairs({ "1_a": "select 1;", "2_b": "select 1;" }),
      pairs({ "1_b": "select 1;", "2_a": "select 1;", "3_c": C }),
      "1 a, 2 b",
    ],
    "and edited in its comments": [pairs({ "1_a": A }), pairs({ "2_a": [`-- 000002\n${A[0]}`, A[1]] }), "2 a"],
  };
  test.each(Object.entries(cases))("%s", async (_, [before, after, expected]) => {
    const { run, url, migrator } = await repairable(postgres, before, after);
    const { stdout } = await run("repair", "--yes", "--no-drift");
    expect(stdout).toContain("no difference");
    expect(await names(postgres, url)).toBe(expected);
    expect((await migrator.status()).problems).toEqual([]);
    expect((await migrator.status()).ahead).toBe(false);
  });

  test("what cannot be told apart is refused, not guessed", async () => {
    const same = "select 1;";
    const { run, url } = await repairable(
      postgres,
      pairs({ "1_a": same, "5_e": "select 5;" }),
      pairs({ "2_x": same, "3_y": same, "5_e": "select 5;" }),
    );
    const before = await writes(postgres, url);
    expect(await run("repair", "--yes")).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("Version 1 (a) has been applied, but its file is not in"),
    });
    expect(await writes(postgres, url)).toBe(before);
  });

  test("onto the number of one whose file is gone is refused", async () => {
    const { run } = await repairable(postgres, pairs({ "1_a": A, "2_b": B }), pairs({ "2_a": A, "3_c": C }));
    const { code, stderr } = await run("repair", "--yes");
    expect(code).toBe(EXIT.refused);
    expect(stderr).toContain("Version 2 would then be two applied migrations");
    expect((await run("up")).stderr).toContain("its number is 2_a's now");
  });
});
