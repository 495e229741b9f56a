import { Client } from "pg";
import { analyze } from "../../lib/migrator/analysis/analyze";
import type { Analysis } from "../../lib/migrator/analysis/effects";
import { readSchema } from "../../lib/migrator/analysis/read-schema";
import type { Schema } from "../../lib/migrator/analysis/schema";
import { parse } from "../../lib/migrator/sql/parser";
import { type Observed, observe, relationsBefore } from "../migrator/analysis/observe";
import { usePostgres } from "../support/postgres";
import { ALONE, fixtureOf, KINDS, MATRIX_FIXTURE, STATEMENTS } from "./support/matrix";

// Registered first, so that it is closed before its server stops.
afterAll(() => client.end());
const postgres = usePostgres();
const kinds = Object.keys(KINDS);
const schemas = new Map<string, Schema>();
let client: Client;

const pathOf = (kind: string) => `set search_path = "${kind}", public`;

beforeAll(async () => {
  const url = await postgres.createDatabase();
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query(MATRIX_FIXTURE);
  for (const kind of kinds) {
    await client.query(pathOf(kind));
    schemas.set(kind, await readSchema(client));
  }
});

async function analysisOf(sql: string, kind: string): Promise<Analysis> {
  const [statement] = await parse(sql);
  return analyze(statement?.node ?? {}, schemas.get(kind) as Schema);
}

/** Failures that rows or missing objects decide, and the one of the fixture's foreign data wrapper. */
const BY_CONTENT = /does not exist|\((23503|23505|23514)\)|has no handler/;
/** Statements whose plan decides what is read, and which partitions are locked. */
const BY_PLAN = /^(insert|update|delete|select|merge|copy)\b/;

const messageOf = ({ message, code }: { message?: string; code?: string }) => `${message} (${code})`;

interface Cell {
  readonly said: string;
  readonly seen: string;
}

/** A statement on one kind of relation, as the analysis says and as the server does. */
async function look(sql: string, kind: string): Promise<Cell> {
  const analysis = await analysisOf(sql, kind);
  const fails = analysis.refusal?.message ?? analysis.failsInTransaction;
  await client.query(`${pathOf(kind)}; begin`);
  try {
    // In the transaction, during which the session does not tell the server its counts and begin anew.
    const before = await relationsBefore(client, kind);
    await client.query(sql);
    const seen = await observe(client, before);
    return { said: fails ?? render(claimed(analysis, kind)), seen: render(happened(sql, kind, analysis, seen)) };
  } catch (error) {
    const seen = messageOf(error as Error);
    return BY_CONTENT.test(seen) ? { said: "", seen: "" } : { said: fails ?? "works", seen };
  } finally {
    await client.query("rollback");
  }
}

type Lines = ReadonlyMap<string, string>;

const render = (lines: Lines) =>
  [...lines]
    .map((line) => line.join(" "))
    .sort()
    .join(", ");

const isIndex = (name: string, kind: string) => schemas.get(kind)?.get(name)?.kind === "index";

const bare = (name: string) => name.slice(name.indexOf(".") + 1);

function workOf(work: Analysis["effects"][number]["work"]): string | undefined {
  // How many rows a condition finds is the plan's to say.
  return work?.find(({ kind }) => kind === "rewrite")?.kind ?? work?.find(({ kind }) => kind === "scan")?.kind;
}

function claimed({ effects }: Analysis, kind: string): Lines {
  return new Map(
    effects
      .filter(({ relation }) => !isIndex(relation, kind))
      .map(({ relation, lock, work }) => [bare(relation), [lock, workOf(work)].filter(Boolean).join(" ")]),
  );
}

function happened(sql: string, kind: string, analysis: Analysis, seen: ReadonlyMap<string, Observed>): Lines {
  const claims = claimed(analysis, kind);
  const lines = new Map<string, string>();
  for (const [name, { kind: what, lock, work }] of seen) {
    const claim = claims.get(bare(name));
    // To read its rows' bounds, the server looks at the table that a partition is of.
    if (claim === undefined && bare(name) === "p" && lock === "ACCESS SHARE") continue;
    // Locks on indexes follow from those on tables.
    if (!lock || /^[iI]$/.test(what) || (claim === undefined && (analysis.unknown || BY_PLAN.test(sql)))) continue;
    // TRUNCATE and a sequence get a new file without work. The check of a foreign key reads the other table by plan.
    const noWork = sql.startsWith("truncate") || what === "S" || BY_PLAN.test(sql);
    const byPlan = work === "scan" && claim !== undefined && !/scan|rewrite/.test(claim) && readsOther(sql, bare(name));
    lines.set(bare(name), [lock, noWork || byPlan ? undefined : work].filter(Boolean).join(" "));
  }
  // The server locks fewer partitions if the plan needs fewer.
  if (BY_PLAN.test(sql)) for (const [name, claim] of claims) lines.set(name, lines.get(name) ?? claim);
  return lines;
}

/** Whether a statement checks a foreign key to this table, or runs a view's query. */
function readsOther(sql: string, name: string): boolean {
  if (sql.startsWith("refresh")) return name === "t";
  return sql.startsWith("alter table r") ? name.startsWith("x") : name === "o";
}

test.each(STATEMENTS)("%s", async (sql) => {
  const cells: [string, Cell][] = [];
  for (const kind of kinds) cells.push([kind, await look(sql, kind)]);
  const column = (side: keyof Cell) => Object.fromEntries(cells.map(([kind, cell]) => [kind, cell[side]]));
  expect(column("said")).toEqual(column("seen"));
});

test.each(kinds)("what cannot run in a transaction fails as foretold: %s", async (kind) => {
  const said: Record<string, string> = {};
  const seen: Record<string, string> = {};
  // Last, since those that work change the fixture: each begins with what the kind has at first.
  for (const sql of ALONE) {
    const analysis = await analysisOf(sql, kind);
    const answer = await client
      .query(`${pathOf(kind)}`)
      .then(() => client.query(sql))
      .then(() => "works", messageOf);
    if (answer === "works") {
      await client.query(`drop schema "${kind}" cascade`);
      await client.query(fixtureOf(kind));
    }
    if (BY_CONTENT.test(answer)) continue;
    said[sql] = analysis.refusal?.message ?? "works";
    seen[sql] = answer;
  }
  expect(said).toEqual(seen);
});
