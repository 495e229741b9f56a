import { Client } from "pg";
import { analyze } from "../../../lib/migrator/analysis/analyze";
import type { Analysis } from "../../../lib/migrator/analysis/effects";
import { readSchema } from "../../../lib/migrator/analysis/read-schema";
import type { Schema } from "../../../lib/migrator/analysis/schema";
import { parse } from "../../../lib/migrator/sql/parser";
import { usePostgres } from "../../support/postgres";
import { CASES } from "./cases";
import { FIXTURE } from "./fixture";
import { modeOf, type Observed, observe, relationsBefore } from "./observe";

// Registered first, so that it is closed before its server stops.
afterAll(() => client.end());
const postgres = usePostgres();
let url: string;
let client: Client;
let schema: Schema;

beforeAll(async () => {
  url = await postgres.createDatabase();
  await postgres.query(url, FIXTURE);
  client = new Client({ connectionString: url });
  await client.connect();
  schema = await readSchema(client);
});

async function analysisOf(sql: string): Promise<Analysis> {
  const [statement] = await parse(sql);
  return analyze(statement?.node ?? {}, schema);
}

const render = (entries: Iterable<readonly [string, string | undefined, string | undefined]>) =>
  [...entries]
    .map(([name, lock, work]) => [name.replace("public.", ""), lock, work].filter(Boolean).join(" "))
    .sort()
    .join(", ");

const claims = ({ effects }: Analysis) =>
  render(effects.map(({ relation, lock, work }) => [relation, lock, workOf(work)] as const));

function workOf(work: Analysis["effects"][number]["work"]): string | undefined {
  // How many rows a condition finds is the plan's to say.
  return work?.find(({ kind }) => kind === "rewrite")?.kind ?? work?.find(({ kind }) => kind === "scan")?.kind;
}

/** Queries read as their plan has it; the check of a foreign key reads the other table as its plan has it, too. */
const READS_BY_PLAN =
  /^(select|refresh|with|insert|update|delete|merge|copy|create (table|materialized view) \w+ as)\b/;
const READS_OTHER_BY_PLAN = /references|foreign key|orders_other|column (user|other)_id type|attach partition wares/;

/** What was seen, less what is not claimed: the files of indexes and sequences, those that TRUNCATE empties, and reads by plan. */
function seen(sql: string, { effects, unknown }: Analysis, observed: ReadonlyMap<string, Observed>): string {
  const claimed = new Map(effects.map((effect) => [effect.relation, effect]));
  const entries = [...observed].flatMap(([name, { kind, lock, work }]) => {
    const claim = claimed.get(name);
    if (!lock || (!claim && (/^[iI]$/.test(kind) || unknown))) return [];
    const file = /^[iIS]$/.test(kind) || sql.startsWith("truncate");
    const byPlan = READS_BY_PLAN.test(sql) || (READS_OTHER_BY_PLAN.test(sql) && !claim?.work);
    return [[name, lock, file ? undefined : byPlan && work === "scan" ? workOf(claim?.work) : work] as const];
  });
  return render(entries);
}

test.each(CASES)("%s", async (sql, expected) => {
  const analysis = await analysisOf(sql);
  expect(claims(analysis)).toBe(expected);
  await client.query("begin");
  try {
    // In the transaction, during which the session does not tell the server its counts and begin anew.
    const before = await relationsBefore(client);
    await client.query(sql);
    expect(seen(sql, analysis, await observe(client, before))).toBe(expected);
  } finally {
    await client.query("rollback");
  }
});

test.each([
  [
    "update diverted_notes set body = 'x'",
    "diverted_notes ROW EXCLUSIVE, notes ACCESS SHARE",
    "what rules or triggers make of that",
  ],
  [
    "delete from used_notes",
    "kinds ACCESS SHARE, notes ACCESS SHARE, used_notes ROW EXCLUSIVE",
    "which of the tables behind it that is",
  ],
])("%s: which table that writes to cannot be known", async (sql, expected, why) => {
  const analysis = await analysisOf(sql);
  expect(claims(analysis)).toBe(expected);
  expect(analysis.unknown).toContain(why);
});

test.each(["reindex table wares", "reindex index wares_name", "cluster wares using wares_name"])(
  "%s fails within a transaction",
  async (sql) => {
    expect((await analysisOf(sql)).failsInTransaction).toContain("25001");
    await expect(client.query(`begin; ${sql}`)).rejects.toMatchObject({ code: "25001" });
    await client.query("rollback");
  },
);

/** What cannot run in a transaction, whose locks are gone afterwards: it is made to wait for the first. */
test.each([
  ["create index concurrently i on items (order_id)", "items", "items SHARE UPDATE EXCLUSIVE scan"],
  ["drop index concurrently users_name", "users", "users SHARE UPDATE EXCLUSIVE, users_name SHARE UPDATE EXCLUSIVE"],
  ["reindex table concurrently items", "items", "items SHARE UPDATE EXCLUSIVE scan"],
  ["vacuum items", "items", "items SHARE UPDATE EXCLUSIVE scan"],
  ["vacuum (full) items", "items", "items ACCESS EXCLUSIVE rewrite"],
  [
    "alter table logs detach partition logs_1 concurrently",
    "logs",
    "logs SHARE UPDATE EXCLUSIVE, logs_1 ACCESS EXCLUSIVE",
  ],
])("%s", async (sql, table, expected) => {
  const analysis = await analysisOf(sql);
  expect(claims(analysis)).toBe(expected);
  const wanted = await postgres.connected(url, async (blocked) => {
    const before = await filenode(table);
    await client.query(`begin; lock table ${table} in share update exclusive mode`);
    const running = blocked.query(sql);
    const mode = await waitingMode(table);
    await client.query("rollback");
    await running;
    return { mode, rewritten: (await filenode(table)) !== before };
  });
  const claim = analysis.effects.find(({ relation }) => relation === `public.${table}`);
  expect(wanted).toEqual({ mode: claim?.lock, rewritten: workOf(claim?.work) === "rewrite" });
});

async function filenode(table: string): Promise<string | undefined> {
  const { rows } = await client.query("select relfilenode::text as file from pg_class where oid = $1::regclass", [
    table,
  ]);
  return rows[0]?.file;
}

async function waitingMode(table: string): Promise<string> {
  for (;;) {
    const { rows } = await client.query<{ mode: string }>(
      "select mode from pg_locks where relation = $1::regclass and not granted",
      [table],
    );
    if (rows[0]) return modeOf(rows[0].mode);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
