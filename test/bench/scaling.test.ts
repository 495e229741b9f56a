import { readFileSync } from "node:fs";
import * as path from "node:path";
import { run } from "../../bench/process";
import { growth } from "../../bench/scaling/growth";
import { knobs } from "../../bench/scaling/knobs";
import { writeMix } from "../../bench/scaling/mix";
import { postgresSettings } from "../../lib/postgres/settings";
import { describeUnless, findExecutable } from "../faults/support/programs";
import { usePostgres } from "../support/postgres";
import { temporaryFolder } from "../support/temporary-folder";

const PEOPLE = 10;
const PGBENCH = findExecutable(["/usr/bin/pgbench", "/usr/lib/postgresql/16/bin/pgbench", "/usr/pgsql-16/bin/pgbench"]);
const postgres = usePostgres();

const sql = (name: string) => readFileSync(path.join(__dirname, "../../bench/scaling", `${name}.sql`), "utf8");

/** A migrated database with ten persons and their forty assessments. */
async function filled(): Promise<string> {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(url, sql("people"), [PEOPLE]);
  await postgres.query(url, sql("assessments"), [40, PEOPLE, 100]);
  return url;
}

test("sizes of people follow from the bytes of a row", () => {
  const size = { rows: 1, heap: 600, indexes: 400 };
  const text = growth([
    { table: "users", ...size },
    { table: "assessments", ...size },
    { table: "audit_logs", ...size },
  ]);
  // Ten assessments a person, and ten audit rows for each.
  expect(text).toContain("| users | 1 | 600 | 400 | 1.0 | 10 | 100 |");
  expect(text).toContain("| assessments | 1 | 600 | 400 | 10 | 100 | 1000 |");
  expect(text).toContain("| all |  |  |  | 111 | 1110 | 11100 |");
});

test("the sizes in docs/scaling.md follow from the bytes of its rows", () => {
  const text = readFileSync(path.join(__dirname, "../../docs/scaling.md"), "utf8");
  const page = tableOf(text.split("\n## ").find((section) => section.startsWith("Size\n")) ?? "");
  const measured = page.filter(([, rows]) => rows);
  expect(measured).toHaveLength(5);
  const sizes = measured.map(([table = "", rows, heap, indexes]) => ({
    table,
    rows: Number(rows?.replace(",", "")),
    heap: Number(heap),
    indexes: Number(indexes),
  }));
  const computed = tableOf(growth(sizes));
  expect(page.map(([name]) => name)).toEqual(computed.map(([name]) => name));
  // The page's bytes are rounded, and what was computed from them was not.
  for (const [line, cells] of computed.entries()) {
    for (const column of [4, 5, 6]) {
      const ratio = Number(page[line]?.[column]) / Number(cells[column]);
      expect([cells[0], column, Math.abs(ratio - 1) < 0.03]).toEqual([cells[0], column, true]);
    }
  }
});

/** The cells of the table of sizes, without its heads. */
const tableOf = (text: string): string[][] =>
  text
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, name, , , , million, ten]) => name && /^[\d.]+$/.test(million ?? "") && /^[\d.]+$/.test(ten ?? ""))
    .filter((cells) => cells.length === 9)
    .map((cells) => cells.slice(1));

test("the rows fit the schema: a report and two audit rows for each assessment", async () => {
  const url = await filled();
  const [counts] = await postgres.query(
    url,
    `select (select count(*)::int from assessments) as assessments, (select count(*)::int from reports) as reports,
      (select count(*)::int from audit_logs where resource_type = 'assessment') as audit,
      (select count(*)::int from auth_sessions) as sessions`,
  );
  expect(counts).toEqual({ assessments: 40, reports: 40, audit: 80, sessions: PEOPLE });
});

test("the copies of audit_logs take rows, and a partition has one month", async () => {
  const url = await filled();
  await postgres.query(url, sql("partitions"));
  for (const copy of ["whole", "parted"]) await postgres.query(url, "select bench.fill($1, 3, 20)", [copy]);
  const [counts] = await postgres.query(
    url,
    `select (select count(*)::int from bench.whole) as whole, (select count(*)::int from bench.month_3) as month,
      (select count(*)::int from pg_index where indrelid = 'bench.whole'::regclass) as indexes,
      (select count(*)::int from pg_index where indrelid = 'bench.month_3'::regclass) as month_indexes,
      (select count(*)::int from pg_index where indrelid = 'audit_logs'::regclass) as real_indexes`,
  );
  expect(counts).toEqual({ whole: 20, month: 20, indexes: 6, month_indexes: 6, real_indexes: 6 });
});

test("the server knows every setting that the search tries, and each value differs from the computed one", async () => {
  const budget = { memory: 4096, cpu: 2, volume: 100 * 1024 };
  const settings = postgresSettings(budget);
  for (const { name, values } of knobs(budget)) {
    const [found] = await postgres.query<{ choices: string[] | null }>(
      postgres.server.url(),
      "select enumvals as choices from pg_settings where name = $1",
      [name],
    );
    expect([name, found?.choices ?? values]).toEqual([name, expect.arrayContaining([...values])]);
    expect(found).toBeDefined();
    expect(values).not.toContain(settings[name]);
  }
});

describeUnless(PGBENCH ? undefined : "there is no pgbench", "pgbench", () => {
  test("asks what data-svc asks: an assessment, a page of history, each with its audit row", async () => {
    const url = await filled();
    const mix = await writeMix(temporaryFolder(), PEOPLE);
    const files = [`--file=${mix.assessment}@1`, `--file=${mix.history}@1`];
    const options = ["--no-vacuum", "--protocol=prepared", "--transactions=40"];
    const finished = await run({ command: [PGBENCH ?? "", ...options, ...files, url] });
    expect(finished).toMatchObject({ code: 0, stdout: expect.stringContaining("processed: 40/40") });
    const [counts] = await postgres.query<{ assessments: number; audit: number }>(
      url,
      `select (select count(*)::int - 40 from assessments) as assessments,
        (select count(*)::int - 80 from audit_logs where resource_type = 'assessment') as audit`,
    );
    expect(counts?.assessments).toBeGreaterThan(0);
    expect(counts?.audit).toBe(40);
  });
});
