import { Client } from "pg";
import { analyze } from "../../../lib/migrator/analysis/analyze";
import { readSchema } from "../../../lib/migrator/analysis/read-schema";
import { parse } from "../../../lib/migrator/sql/parser";
import { usePostgres } from "../../support/postgres";
import { observe, relationsBefore } from "./observe";

// Registered first, so that it is closed before its server stops.
afterAll(() => client.end());
const postgres = usePostgres();
let client: Client;

beforeAll(async () => {
  client = new Client({ connectionString: await postgres.createDatabase() });
  await client.connect();
});

/** A key's type and partitioning, the bound, the CHECK on it and on the default partition, and whether the server reads both. */
const CASES: readonly (readonly [key: string, bound: string, check: string, rest: string, reads: string])[] = [
  ["int|range", "from (100) to (200)", "true", "true", "part rest"],
  ["int|range", "from (100) to (200)", "k >= 100 and k < 200", "true", "rest"],
  ["int|range", "from (100) to (200)", "k is not null and 100 <= k and k between 100 and 199", "true", "rest"],
  ["int|range", "from (100) to (200)", "k >= 100 and k <= 200", "true", "part rest"],
  ["int|range", "from (100) to (200)", "k > 100 and k < 150", "k < 100", ""],
  ["int|range", "from (100) to (200)", "k in (110, 120)", "k < 100 or k >= 200", ""],
  ["int|range", "from (-5) to (maxvalue)", "k >= 100", "k < -5", ""],
  ["int|range", "from (minvalue) to (200)", "k = 110", "k > 200", ""],
  ["int|range", "from (100) to (200)", "k >= 90 and k < 200", "k < 101", "part rest"],
  ["bigint|range", "from (100) to (200)", "k >= 100 and k < 200", "k >= 200", ""],
  [
    "date|range",
    "from ('2026-01-01') to ('2027-01-01')",
    "k >= '2026-01-01' and k < '2026-07-01'",
    "k < '2026-01-01'",
    "",
  ],
  [
    "timestamptz|range",
    "from ('2026-01-01') to ('2027-01-01')",
    "k >= '2026-01-01' and k < '2027-01-01 00:00:00+00'",
    "k >= '2026-01-01'",
    "rest",
  ],
  [
    "timestamp|range",
    "from ('2026-01-01') to ('2027-01-01')",
    "k >= '2026-01-01 10:00' and k < '2026-02-01'",
    "true",
    "rest",
  ],
  ["text|list", "in ('a', 'b')", "k = 'a'", "k = 'c'", ""],
  ["text|list", "in ('a', 'b')", "k in ('a', 'b')", "true", "rest"],
  ["text|list", "in ('a')", "k in ('a', 'b')", "true", "part rest"],
];

test.each(CASES)("%s for values %s: check (%s), default check (%s)", async (key, bound, check, rest, reads) => {
  const [type = "", kind = ""] = key.split("|");
  await client.query("begin; set local time zone 'UTC'");
  try {
    const values =
      type === "text"
        ? ["'a'", "'c'"]
        : type === "int" || type === "bigint"
          ? ["110", "50"]
          : ["'2026-01-15'", "'2020-01-01'"];
    await client.query(
      `create table whole (k ${type} not null) partition by ${kind} (k); create table rest partition of whole default;
       create table part (k ${type} not null); alter table part add check (${check});
       insert into part select ${values[0]}::${type} where (select true); alter table rest add check (${rest})`,
    );
    const schema = await readSchemaHere();
    const sql = `alter table whole attach partition part for values ${bound}`;
    const [statement] = await parse(sql);
    const { effects } = analyze(statement?.node ?? {}, schema);
    const claimed = effects.filter(({ work }) => work).map(({ relation }) => relation.replace("public.", ""));
    const before = await relationsBefore(client);
    await client.query(sql);
    const seen = [...(await observe(client, before))].filter(([, { work }]) => work);
    expect(
      seen
        .map(([name]) => name.replace("public.", ""))
        .sort()
        .join(" "),
    ).toBe(reads);
    expect(claimed.sort().join(" ")).toBe(reads);
  } finally {
    await client.query("rollback");
  }
});

/** `readSchema` begins transactions of its own. */
function readSchemaHere() {
  const within = { query: (sql: string) => (/^(begin|rollback)/.test(sql) ? { rows: [] } : client.query(sql)) };
  return readSchema(within as unknown as Client);
}
