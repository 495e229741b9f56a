import type { Client } from "pg";
import { migratorFor, writes } from "../migrator/support/database";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";
import { CASES, SCHEMA } from "./support/data-cases";

const postgres = usePostgres({ settings: { fsync: "off" } });

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
        await client.query(
          'truncate people, codes, owned, owned_1, hashed_1, ranged_1, scores, "Odd ""Names", orgs, visits, parted, heirs, loose restart identity cascade',
        );
      }
    });
  });
});
