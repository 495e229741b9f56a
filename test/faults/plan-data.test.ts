import fc from "fast-check";
import type { Client } from "pg";
import { migratorFor, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { holds } from "../migrator/support/seeded";
import { usePostgres } from "../support/postgres";
import { CASES, SCHEMA } from "./support/data-cases";

const postgres = usePostgres({ settings: { fsync: "off" } });

const EMPTY =
  'truncate people, codes, owned, owned_1, hashed_1, ranged_1, scores, "Odd ""Names", orgs, visits, parted, heirs, loose restart identity cascade';

/** The SQLSTATE that the statement fails with for real, in a transaction that is rolled back; undefined if it succeeds. */
async function really(client: Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(`begin; ${sql}; set constraints all immediate`);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.query("rollback");
  }
}

/** Statements that change what later ones depend on. */
const CHANGES = [
  "update people set email = 'x', a = 1, b = 2",
  "update people set org = null where org > 2",
  "delete from people where id % 2 = 0",
  "insert into people (email, a) select email, a from people",
  "truncate visits",
  "delete from orgs",
  "alter table people drop column a",
  "alter table people rename column email to mail",
  "alter table people rename to persons",
  "alter table people add column a2 int default 5",
  "drop table heirs cascade",
  "create table if not exists visits (n int)",
  "alter table people alter b type bigint using a",
  "do $$ begin update people set age = 20; end $$",
];

describe("what is said of the rows is what the server then does", () => {
  let url: string;
  let directory: string;
  beforeAll(async () => {
    url = await postgres.createDatabase();
    directory = makeFolder(pairs({ "1_schema": SCHEMA }));
    await migratorFor(url, directory).up();
  });

  test.each(CASES)("$sql ($rows)", async ({ sql, rows, fails }) => {
    await postgres.connected(url, async (client) => {
      // Committed rows, since plan looks from another session; removed again afterwards.
      await client.query(rows);
      try {
        const code = await really(client, sql);
        // A case that does not do what it is for proves nothing.
        expect(code === undefined).toBe(!fails);
        if (code !== undefined) expect(code).toMatch(/^2[23]/);
        const own = makeFolder(pairs({ "1_schema": SCHEMA, "2_x": sql }));
        const before = await writes(postgres, url);
        const { migrations } = await migratorFor(url, own).plan({ data: true });
        expect(await writes(postgres, url)).toBe(before);
        const data = migrations[0]?.data ?? [];
        const states = data.map(({ state, text }) => `${state} ${text}`);
        expect(data.length).toBeGreaterThan(0);
        expect(states.filter((each) => each.startsWith("unknown"))).toEqual([]);
        expect([data.some(({ state }) => state === "fails"), ...states]).toEqual([fails, ...states]);
        expect(JSON.stringify(data)).not.toMatch(/secret/);
      } finally {
        await client.query(EMPTY);
      }
    });
  });

  // One statement a line, so that the line tells which one failed.
  const statement = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...CASES.map(({ sql }) => sql.replaceAll("\n", " "))) },
    { weight: 1, arbitrary: fc.constantFrom(...CHANGES) },
  );
  const file = fc.record({
    rows: fc.array(fc.constantFrom(...CASES.map(({ rows }) => rows)), { maxLength: 4 }),
    statements: fc.array(statement, { minLength: 2, maxLength: 5 }),
  });

  test("in files of several statements, what fails was not called fine, and what was said to fail does", async () => {
    const told = { fails: 0, unknown: 0, fine: 0, writes: 0 };
    const property = fc.asyncProperty(file, async ({ rows, statements }) => {
      await postgres.connected(url, async (client) => {
        // Rows that contradict others are left out.
        for (const each of rows) await client.query(each).catch(() => {});
        try {
          const own = makeFolder(pairs({ "1_schema": SCHEMA, "2_x": statements.join(";\n") }));
          const [migration] = (await migratorFor(url, own).plan({ data: true })).migrations;
          const data = migration?.data ?? [];
          for (const { state } of data) told[state]++;
          const failed = await firstFailure(client, statements);
          const at = (line: number) => data.filter((each) => each.line === line).map(({ state }) => state);
          if (failed && /^2[23]/.test(failed.code) && !CHANGES.includes(statements[failed.line - 1] ?? ""))
            expect([failed, ...at(failed.line)]).toEqual(
              expect.arrayContaining([expect.stringMatching(/^(fails|unknown)$/)]),
            );
          const certain = data.find(({ state }) => state === "fails");
          if (certain)
            expect({ certain, failed: failed && failed.line <= certain.line }).toEqual({ certain, failed: true });
        } finally {
          await client.query(EMPTY);
        }
      });
    });
    await holds(property, { runs: 150 });
    // Every kind of answer was tried.
    expect(Math.min(...Object.values(told))).toBeGreaterThan(5);
  });
});

/** Line and SQLSTATE of the first statement that fails for real. */
async function firstFailure(client: Client, statements: readonly string[]) {
  await client.query("begin");
  try {
    for (const [index, sql] of statements.entries()) {
      const code = await client.query(sql).then(
        () => undefined,
        (error: { code?: string }) => error.code ?? "",
      );
      if (code !== undefined) return { line: index + 1, code };
    }
    return undefined;
  } finally {
    await client.query("rollback");
  }
}
