import { STABLE_FUNCTIONS, VOLATILE_FUNCTIONS } from "../../../lib/migrator/analysis/builtin-functions";
import { BINARY_COERCIBLE } from "../../../lib/migrator/analysis/types";
import { usePostgres } from "../../support/postgres";

const postgres = usePostgres();

test("casts that are said to change no byte are such in pg_cast", async () => {
  const rows = await postgres.query<{ source: string; target: string }>(
    postgres.server.url(),
    "select castsource::regtype::oid::regtype::text, s.typname as source, t.typname as target from pg_cast join pg_type s on s.oid = castsource join pg_type t on t.oid = casttarget where castmethod = 'b'",
  );
  const real = new Set(rows.map(({ source, target }) => `${source} ${target}`));
  const claimed = Object.entries(BINARY_COERCIBLE).flatMap(([from, to]) => to.map((type) => `${from} ${type}`));
  expect(claimed.filter((cast) => !real.has(cast))).toEqual([]);
});

test("functions are as volatile as is said", async () => {
  const rows = await postgres.query<{ name: string; volatile: boolean }>(
    postgres.server.url(),
    `select proname::text as name, bool_or(provolatile = 'v') as volatile from pg_proc
     where pronamespace = 'pg_catalog'::regnamespace and proname = any ($1) group by proname order by proname`,
    [[...STABLE_FUNCTIONS, ...VOLATILE_FUNCTIONS]],
  );
  const found = (volatile: boolean) => rows.filter((row) => row.volatile === volatile).map(({ name }) => name);
  expect(found(false)).toEqual([...STABLE_FUNCTIONS].sort());
  expect(found(true)).toEqual([...VOLATILE_FUNCTIONS].sort());
});
