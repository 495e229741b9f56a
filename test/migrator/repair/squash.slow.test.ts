import { EXIT } from "../../../lib/contract";
import { usePostgres } from "../../support/postgres";
import { migrateHere } from "../support/command";
import { recorded, writes } from "../support/database";
import { type Files, makeFolder, pairs, tables, write } from "../support/folder";
import { names, repairable, table } from "../support/repair";

const postgres = usePostgres();

const B = table("b");

describe("one file for many", () => {
  const squashed = (from = "1-3"): Files => {
    const up = `-- migrate:squashes ${from}\n${[1, 2, 3].map((n) => `create table t${n} (id int);`).join("\n")}`;
    return pairs({ "000003_squash": [up, "drop table t1, t2, t3;"], "000004_t4": table("t4") });
  };

  test("a new database runs it", async () => {
    const { run, url } = await repairable(postgres, squashed());
    expect(await names(postgres, url)).toBe("3 squash, 4 t4");
    expect(await run("verify")).toMatchObject({ code: EXIT.ok });
    expect(await run("test")).toMatchObject({ code: EXIT.ok });
  });

  test.each([3, 4])("a database at %i is past it, once a person has said so", async (version) => {
    const { run, url } = await repairable(postgres, version === 3 ? tables(3) : tables(4), squashed());
    const refused = await run("up");
    expect(refused).toMatchObject({ code: EXIT.refused });
    expect(refused.stderr).toMatch(
      /000003_squash\.up\.sql stands for 1-3, which this database has run one by one[\s\S]*`migrate repair`/,
    );
    expect(refused.stderr).not.toMatch(/Bring it back/);
    expect((await run("status")).stdout).toMatch(/1 {2}t1 .* squashed$/m);
    const { code, stdout } = await run("repair", "--yes");
    expect(stdout).toContain("squash 1-3 → 3: 000003_squash stands for 3 applied versions, and does not run here");
    expect(stdout).toContain("No drift");
    expect(code).toBe(version === 3 ? EXIT.pending : EXIT.ok);
    expect(await run("up")).toMatchObject({ code: EXIT.ok });
    expect(await names(postgres, url)).toBe("3 squash, 4 t4");
    expect((await recorded(postgres, url)).history).toBe("3:baseline 4:applied");
    expect(await run("down", "--all", "--yes")).toMatchObject({ code: EXIT.ok });
    expect(await run("up")).toMatchObject({ code: EXIT.ok });
  });

  test.each([1, 2])("a database at %i is in the middle of it, and told what to do", async (version) => {
    const { run, url } = await repairable(postgres, tables(version), squashed());
    const before = await writes(postgres, url);
    for (const command of ["up", "repair"]) {
      const { code, stderr } = await run(command, ...(command === "repair" ? ["--yes"] : []));
      expect(code).toBe(EXIT.refused);
      expect(stderr).toMatch(
        new RegExp(`the database is at ${version}, in the middle of them.*up --to 3.*migrate repair`),
      );
      expect(stderr).not.toMatch(/Bring/);
    }
    expect(await writes(postgres, url)).toBe(before);
  });

  test.each([
    [2, EXIT.refused, /in the middle/],
    [3, EXIT.ok, /Applied 1 migration/],
  ])("one that golang-migrate brought to %i", async (version, code, says) => {
    const url = await postgres.createDatabase();
    await postgres.query(
      url,
      `create table schema_migrations (version bigint not null primary key, dirty boolean not null);
       insert into schema_migrations values (${version}, false)`,
    );
    const ran = await migrateHere(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(squashed()) });
    expect(ran.code).toBe(code);
    expect(ran.stdout + ran.stderr).toMatch(says);
  });

  test("golang-migrate went on with it meanwhile: that is recorded, too", async () => {
    const { run, url } = await repairable(postgres, tables(2), squashed());
    await postgres.query(
      url,
      "create table t3 (id int); create table t4 (id int); update schema_migrations set version = 4",
    );
    const { code, stdout } = await run("repair", "--yes");
    expect(stdout).toContain("000004_t4 is recorded as baseline, because golang-migrate has applied it");
    expect(code).toBe(EXIT.ok);
    expect((await recorded(postgres, url)).history).toBe("3:baseline 4:baseline");
  });

  test("an edit of it is an edit", async () => {
    const { run, folder } = await repairable(postgres, squashed(), squashed());
    write(folder, { "000003_squash.up.sql": `${squashed()["000003_squash.up.sql"]}\n-- more` });
    expect((await run("up")).stderr).toContain("has changed since it was applied");
    expect(await run("repair", "--yes")).toMatchObject({
      stdout: expect.stringContaining("reformat 3"),
      code: EXIT.ok,
    });
  });

  test.each([
    ["a range beyond its number", squashed("1-4"), /has to be `-- migrate:squashes FROM-3`/],
    ["no range", squashed(""), /has to be `-- migrate:squashes FROM-3`/],
    ["files within it", { ...squashed(), ...pairs({ "000002_t2": B }) }, /squashes 1-3, but 000002_t2 is still here/],
  ])("%s is refused", async (_, files, says) => {
    const url = await postgres.createDatabase();
    const { code, stderr } = await migrateHere(["up"], { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(files) });
    expect(code).toBe(EXIT.refused);
    expect(stderr).toMatch(says);
  });
});
