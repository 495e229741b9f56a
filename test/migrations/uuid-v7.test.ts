import { useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

const make = async (count: number) =>
  (await database.rows<{ id: string }>("select uuid_v7()::text as id from generate_series(1, $1)", [count])).map(
    ({ id }) => id,
  );

/** Milliseconds since 1970, with the twelve bits after the version as the fraction of one. */
function timeOf(id: string): number {
  const digits = id.replaceAll("-", "");
  return Number.parseInt(digits.slice(0, 12), 16) + Number.parseInt(digits.slice(13, 16), 16) / 4096;
}

test("has version 7, the variant of RFC 9562, and the server's time to the microsecond", async () => {
  const [row] = await database.rows<{ id: string; before: number; after: number }>(`
    select extract(epoch from clock_timestamp())::float8 * 1000 as before, uuid_v7()::text as id,
      extract(epoch from clock_timestamp())::float8 * 1000 as after`);
  const { id, before, after } = row as { id: string; before: number; after: number };
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  // Rounded down to 1/4096 of a millisecond.
  expect(timeOf(id)).toBeGreaterThan(before - 0.002);
  expect(timeOf(id)).toBeLessThan(after + 0.002);
});

test("comes after those of before, and is made once", async () => {
  const ids = await make(5000);
  expect(new Set(ids).size).toBe(ids.length);
  const times = ids.map(timeOf);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("has 62 random bits, of which each is set in about half", async () => {
  const ids = await make(2000);
  const bits = ids.map((id) => BigInt(`0x${id.replaceAll("-", "").slice(16)}`) & ((1n << 62n) - 1n));
  for (let bit = 0n; bit < 62n; bit++) {
    const set = bits.filter((each) => (each >> bit) & 1n).length;
    expect(Math.abs(set - 1000)).toBeLessThan(200);
  }
});

test("is every table's default id, and a pseudonym is wholly random", async () => {
  const defaults = await database.rows<{ column: string; is: string }>(`
    select table_name || '.' || column_name as column, column_default as is from information_schema.columns
    where table_schema = 'public' and data_type = 'uuid' and column_default is not null order by 1`);
  const isId = ({ column }: { column: string }) => column.endsWith(".id");
  expect([...new Set(defaults.filter(isId).map(({ is }) => is))]).toEqual(["uuid_v7()"]);
  expect(defaults.filter((each) => !isId(each))).toEqual([{ column: "users.pseudonym", is: "gen_random_uuid()" }]);
});
