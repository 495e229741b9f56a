import * as fc from "fast-check";
import type { Client } from "pg";
import { readContents } from "../../lib/backup/contents";
import { differences } from "../../lib/backup/differences";
import { usePostgres } from "../support/postgres";

const RUNS = 150;
const seed = Number((globalThis as { FUZZ_SEED?: string }).FUZZ_SEED) || 20_261_130;

const postgres = usePostgres();

const COLUMNS = {
  number: "bigint",
  exact: "numeric",
  inexact: "float8",
  words: "text",
  bytes: "bytea",
  at: "timestamptz",
  day: "date",
  span: "interval",
  truth: "boolean",
  tree: "jsonb",
  several: "text[]",
  from_where: "inet",
} as const;
type Column = keyof typeof COLUMNS;
const NAMES = Object.keys(COLUMNS) as Column[];
const TABLES = ["first", "second"] as const;

const text = fc.string({ unit: "grapheme", maxLength: 12 }).map((value) => value.replaceAll("\0", ""));
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 6 });
/** Values as PostgreSQL reads them. Few of them, so that equal rows come up. */
const row = fc.record({
  number: some(fc.integer({ min: -2, max: 2 }).map(String)),
  exact: some(fc.constantFrom("0", "0.0", "1.10", "1.1", "NaN", "-12345678901234567890.5")),
  inexact: some(fc.double().map((value) => (Object.is(value, -0) ? "-0" : String(value)))),
  words: some(text),
  bytes: some(fc.uint8Array({ maxLength: 4 }).map((bytes) => `\\x${Buffer.from(bytes).toString("hex")}`)),
  at: some(fc.constantFrom("2026-03-29 01:30:00+00", "2026-03-29 01:30:00.000001+00", "infinity", "0044-03-15 BC")),
  day: some(fc.constantFrom("2026-02-03", "2026-03-02", "-infinity")),
  span: some(fc.constantFrom("1 day", "24 hours", "1 mon", "-00:00:01")),
  truth: some(fc.constantFrom("t", "f")),
  tree: some(fc.json({ maxDepth: 2 }).filter((json) => !/\\u0000|\\ud[89a-f]../i.test(json))),
  several: some(fc.constantFrom("{}", "{NULL}", '{"NULL"}', "{a,b}", '{"a,b"}')),
  from_where: some(fc.constantFrom("10.0.0.1", "10.0.0.1/24", "::1")),
});

/** A change of the restored database, as a restore that went wrong would make it. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("cell" as const), at: fc.nat(), column: fc.constantFrom(...NAMES), row }),
  fc.record({ kind: fc.constant("missing" as const), at: fc.nat() }),
  fc.record({ kind: fc.constant("twice" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("swapped" as const),
    at: fc.nat(),
    other: fc.nat(),
    column: fc.constantFrom(...NAMES),
  }),
  fc.record({ kind: fc.constant("surplus" as const), row }),
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never;

const SETTINGS = [
  ["timezone", "Pacific/Chatham"],
  ["datestyle", "German"],
  ["intervalstyle", "sql_standard"],
  ["extra_float_digits", "-15"],
  ["bytea_output", "escape"],
] as const;

const insert = (client: Client, table: string, values: Row) =>
  client.query(
    `insert into ${table} values (${NAMES.map((name, index) => `$${index + 1}::${COLUMNS[name]}`)})`,
    NAMES.map((name) => values[name]),
  );

/** Every row as text, in an order of its own: what the hashes stand for. */
async function rowsOf(client: Client, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ text: string }>(`select (t.*)::text as text from ${table} t order by 1`);
  return rows.map(({ text }) => text);
}

async function apply(client: Client, table: string, made: Change): Promise<void> {
  if (made.kind === "surplus") {
    await insert(client, table, made.row);
    return;
  }
  const { rows } = await client.query<{ ctid: string }>(`select ctid::text from ${table} order by ctid`);
  if (rows.length === 0) return;
  const place = (at: number) => `'${rows[at % rows.length]?.ctid}'::tid`;
  const at = place(made.at);
  if (made.kind === "missing") await client.query(`delete from ${table} where ctid = ${at}`);
  if (made.kind === "twice") await client.query(`insert into ${table} select * from ${table} where ctid = ${at}`);
  if (made.kind === "cell") {
    const { column, row } = made;
    await client.query(`update ${table} set ${column} = $1::${COLUMNS[column]} where ctid = ${at}`, [row[column]]);
  }
  if (made.kind === "swapped") {
    const { column, other } = made;
    await client.query(
      `update ${table} a set ${column} = b.${column} from ${table} b
       where (a.ctid, b.ctid) in ((${at}, ${place(other)}), (${place(other)}, ${at}))`,
    );
  }
}

test(`names exactly the tables whose rows are not the same, in ${RUNS} random changes (FUZZ_SEED=${seed})`, async () => {
  const url = await postgres.createDatabase("compared");
  const seen = { same: 0, different: 0 };
  await postgres.connected(url, async (client) => {
    const columns = NAMES.map((name) => `${name} ${COLUMNS[name]}`).join(", ");
    for (const table of TABLES) await client.query(`create table ${table} (${columns})`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.constantFrom(...TABLES),
        fc.array(change, { maxLength: 2 }),
        fc.constantFrom(...SETTINGS),
        async (rows, table, changes, [name, value]) => {
          await client.query(`truncate ${TABLES.join(", ")}; alter database compared reset all`);
          for (const each of TABLES) for (const values of rows) await insert(client, each, values);
          const [before, backup] = [await rowsOf(client, table), await readContents({ connectionString: url })];
          for (const made of changes) await apply(client, table, made);
          await client.query(`alter database compared set ${name} = '${value}'`);
          const same = JSON.stringify(before) === JSON.stringify(await rowsOf(client, table));
          seen[same ? "same" : "different"] += 1;
          const found = differences(backup, await readContents({ connectionString: url }));
          expect(found).toEqual(same ? [] : [expect.stringMatching(`^table public.${table}: `)]);
        },
      ),
      { numRuns: RUNS, seed },
    );
  });
  // Neither half may be empty, or the property says nothing.
  expect(Math.min(seen.same, seen.different)).toBeGreaterThan(RUNS / 20);
});
